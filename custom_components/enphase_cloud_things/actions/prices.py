"""The action that tells what energy costs, and what it earns, in a range of days."""

from datetime import tzinfo
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType
import probatio

from ..const import DOMAIN
from ..days import Days
from ..prices.coordinator import PriceCoordinator
from ..prices.intervals import PriceInterval, PriceSchedule
from ..runtime import RuntimeData
from .action import Action, async_act
from .days import ATTR_END, ATTR_START, coming_days
from .rights import Right
from .targets import SiteTarget, async_targeted_sites, has_target


async def _async_get_prices(call: ServiceCall) -> ServiceResponse:
    """Reply with the prices, from the tariffs that are valid now; it takes no request to the cloud.

    Where no site is named, those whose prices are turned off are not meant.
    """
    sites = await async_targeted_sites(call, Right.READ)
    with_prices = [
        site for site in sites if site.entry.state is ConfigEntryState.LOADED and site.entry.runtime_data.prices
    ]

    async def read(site: SiteTarget) -> JsonObjectType:
        return _prices(site, call)

    return await async_act(call, sites if has_target(call) or not with_prices else with_prices, read, reply_key="sites")


def _prices(site: SiteTarget, call: ServiceCall) -> JsonObjectType:
    prices = _known_prices(site.runtime, site.entry.title)
    days = coming_days(call, prices.zone)
    return {
        ATTR_START: days.first.isoformat(),
        ATTR_END: days.last.isoformat(),
        "currency": prices.currency,
        "unit": f"{prices.currency}/kWh",
        "import": _described(prices.import_prices, days, prices.zone),
        "export": _described(prices.export_prices, days, prices.zone),
    }


def _known_prices(runtime: RuntimeData, site: str) -> PriceCoordinator:
    prices = runtime.prices
    if prices is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="prices_off", translation_placeholders={"site": site}
        )
    if prices.data.tariff is None or prices.currency is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="prices_unknown", translation_placeholders={"site": site}
        )
    return prices


def _described(schedule: PriceSchedule, days: Days, zone: tzinfo) -> list[JsonValueType]:
    return [_interval(interval, zone) for interval in schedule.intervals(*days.bounds(zone)) if interval.price]


def _interval(interval: PriceInterval, zone: tzinfo) -> JsonObjectType:
    price = interval.price
    return {
        "start": interval.start.astimezone(zone).isoformat(),
        "end": interval.end.astimezone(zone).isoformat(),
        "price": price.rate if price else None,
        "period": price.period if price else None,
        "base_rate": price.base_rate if price else None,
    }


ACTIONS: Final = (
    Action(
        name="get_prices",
        handler=_async_get_prices,
        schema=probatio.Schema(
            {**cv.TARGET_FIELDS, probatio.Optional(ATTR_START): cv.date, probatio.Optional(ATTR_END): cv.date}
        ),
        response=SupportsResponse.ONLY,
    ),
)
