"""The action that tells what energy costs, and what it earns, in a range of days."""

from datetime import tzinfo
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType
import probatio

from ..const import DOMAIN
from ..days import Days
from ..prices.coordinator import PriceCoordinator
from ..prices.intervals import PriceInterval, PriceSchedule
from ..runtime import EnphaseConfigEntry, RuntimeData
from .fan_out import async_for_each, failures_of, raise_failures
from .requested_days import ATTR_END, ATTR_START, coming_days
from .targets import async_targeted_sites, has_target, runtime_of

GET_PRICES_SCHEMA: Final = probatio.Schema(
    {**cv.TARGET_FIELDS, probatio.Optional(ATTR_START): cv.date, probatio.Optional(ATTR_END): cv.date}
)


async def async_get_prices(call: ServiceCall) -> ServiceResponse:
    """Return the prices of sites, from the tariffs that are valid now; it takes no request to the cloud.

    Where no site is named, those whose prices are turned off are not meant.
    """
    sites = async_targeted_sites(call.hass, call)
    with_prices = [entry for entry in sites if entry.state is ConfigEntryState.LOADED and entry.runtime_data.prices]

    async def prices(entry: EnphaseConfigEntry) -> JsonObjectType:
        return _prices(entry, call)

    outcomes = await async_for_each(sites if has_target(call) or not with_prices else with_prices, prices)
    failures = failures_of(outcomes)
    if len(failures) == len(outcomes):
        raise_failures(failures)
    replies: list[JsonValueType] = [
        {"name": entry.title, "error": str(outcome)} if isinstance(outcome, HomeAssistantError) else outcome
        for entry, outcome in outcomes
    ]
    return {"sites": replies}


def _prices(entry: EnphaseConfigEntry, call: ServiceCall) -> JsonObjectType:
    runtime = runtime_of(entry)
    prices = _known_prices(runtime, entry.title)
    days = coming_days(call, prices.zone)
    return {
        "device_id": runtime.chargers.site_device_id,
        "name": entry.title,
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
