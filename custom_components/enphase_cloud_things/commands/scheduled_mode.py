"""Keeping the mode Scheduled, which a start or a stop in it may lose."""

import logging

from ..chargers.coordinator import ChargerCoordinator
from ..enlighten import ChargeMode, EnlightenClient, EnlightenError

_LOGGER = logging.getLogger(__name__)


async def async_keep_scheduled(
    coordinator: ChargerCoordinator, client: EnlightenClient, serial: str, mode: ChargeMode | None
) -> None:
    """Assert the `mode` from before a start or stop again if it was Scheduled (docs/api.md §5.1).

    Another mode that was chosen meanwhile is the newer wish.
    """
    if mode is not ChargeMode.SCHEDULED or coordinator.data.chargers[serial].mode_is_changing:
        return
    try:
        await client.set_charge_mode(coordinator.site_id, serial, mode)
    except EnlightenError as error:
        # Refusing the mode that is set already is the cloud's way to say that nothing has drifted.
        _LOGGER.debug("The mode was not asserted again: %s", error)
