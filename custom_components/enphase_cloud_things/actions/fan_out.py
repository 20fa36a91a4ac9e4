"""Acting on several chargers or sites at once: side by side, and one failure does not stop the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN


async def async_for_each[TargetT, ResultT](
    targets: Sequence[TargetT], act: Callable[[TargetT], Awaitable[ResultT]]
) -> list[tuple[TargetT, ResultT | HomeAssistantError]]:
    """Act on all targets and return, in their order, what came of each: a result or the failure."""

    async def outcome(target: TargetT) -> tuple[TargetT, ResultT | HomeAssistantError]:
        try:
            return target, await act(target)
        except HomeAssistantError as failure:
            return target, failure

    return await asyncio.gather(*(outcome(target) for target in targets))


def failures_of[TargetT, ResultT](
    outcomes: Sequence[tuple[TargetT, ResultT | HomeAssistantError]],
) -> list[HomeAssistantError]:
    """Return what failed."""
    return [outcome for _, outcome in outcomes if isinstance(outcome, HomeAssistantError)]


def raise_failures(failures: Sequence[HomeAssistantError]) -> None:
    """Raise what failed, several failures as one, which is the caller's mistake if all of them are."""
    if len({str(failure) for failure in failures}) == 1:
        raise failures[0]
    if failures:
        is_mistake = all(isinstance(failure, ServiceValidationError) for failure in failures)
        raise (ServiceValidationError if is_mistake else HomeAssistantError)(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={"failures": " ".join(str(failure) for failure in failures)},
        )
