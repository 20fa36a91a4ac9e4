"""The actions of the integration, registered once for all sites."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType
import probatio

from .account.reauthentication import async_clear_reauthentication
from .actions.fan_out import async_for_each, failures_of, raise_failures
from .actions.history import GET_SESSIONS_SCHEMA, IMPORT_SESSIONS_SCHEMA, async_get_sessions, async_import_sessions
from .actions.prices import GET_PRICES_SCHEMA, async_get_prices
from .actions.targets import (
    ChargerTarget,
    async_entries_of_site,
    async_targeted_chargers,
    async_targeted_entries,
    async_targeted_sites,
    runtime_of,
)
from .commands.commands import Commands
from .commands.dispatch import CommandResult, Outcome
from .const import CONF_SITE_ID, DOMAIN
from .enlighten import CommandRejected, TriggerMessage
from .runtime import EnphaseConfigEntry

ATTR_CHARGING_LEVEL: Final = "charging_level"
ATTR_CONNECTOR_ID: Final = "connector_id"
ATTR_REQUESTED_MESSAGE: Final = "requested_message"
ATTR_ALLOW_ADVANCED: Final = "allow_advanced"

SERVICE_START_CHARGING: Final = "start_charging"
SERVICE_STOP_CHARGING: Final = "stop_charging"
SERVICE_TRIGGER_MESSAGE: Final = "trigger_message"
SERVICE_CLEAR_REAUTH_ISSUE: Final = "clear_reauth_issue"
SERVICE_GET_PRICES: Final = "get_prices"
SERVICE_GET_SESSIONS: Final = "get_sessions"
SERVICE_IMPORT_SESSIONS: Final = "import_sessions"
SERVICE_START_LIVE_STREAM: Final = "start_live_stream"
SERVICE_STOP_LIVE_STREAM: Final = "stop_live_stream"

CONFIRMATION_WAIT: Final = 25.0
"""Seconds that a call which wants a reply waits for the effect; the last of the early reads comes after 20."""

COMMON_MESSAGES: Final = frozenset(
    {TriggerMessage.METER_VALUES, TriggerMessage.STATUS_NOTIFICATION, TriggerMessage.HEARTBEAT}
)
"""Messages that only report; the others may restart parts of the charger's software and want to be meant."""

_SITE_ID: Final = probatio.All(cv.string, cv.matches_regex(r"^\d+$"))
"""Digits, which YAML takes for a number unless they are quoted."""

_START_SCHEMA: Final = cv.make_entity_service_schema(
    {
        probatio.Optional(ATTR_CHARGING_LEVEL): probatio.All(probatio.Coerce(int), probatio.Range(min=1)),
        probatio.Optional(ATTR_CONNECTOR_ID, default=1): probatio.All(probatio.Coerce(int), probatio.Range(min=1)),
    }
)
_TARGET_SCHEMA: Final = cv.make_entity_service_schema({})
_TRIGGER_SCHEMA: Final = cv.make_entity_service_schema(
    {
        probatio.Required(ATTR_REQUESTED_MESSAGE): probatio.Coerce(TriggerMessage),
        probatio.Optional(ATTR_ALLOW_ADVANCED, default=False): cv.boolean,
        probatio.Optional(CONF_SITE_ID): _SITE_ID,
    }
)
_SITE_SCHEMA: Final = probatio.Schema(cv.TARGET_FIELDS)
_CLEAR_REAUTH_SCHEMA: Final = probatio.Schema({**cv.TARGET_FIELDS, probatio.Optional(CONF_SITE_ID): _SITE_ID})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    for name, handler, schema in (
        (SERVICE_START_CHARGING, _async_start_charging, _START_SCHEMA),
        (SERVICE_STOP_CHARGING, _async_stop_charging, _TARGET_SCHEMA),
        (SERVICE_TRIGGER_MESSAGE, _async_trigger_message, _TRIGGER_SCHEMA),
        (SERVICE_IMPORT_SESSIONS, async_import_sessions, IMPORT_SESSIONS_SCHEMA),
    ):
        hass.services.async_register(DOMAIN, name, handler, schema=schema, supports_response=SupportsResponse.OPTIONAL)
    for name, handler, schema in (
        (SERVICE_GET_PRICES, async_get_prices, GET_PRICES_SCHEMA),
        (SERVICE_GET_SESSIONS, async_get_sessions, GET_SESSIONS_SCHEMA),
    ):
        hass.services.async_register(DOMAIN, name, handler, schema=schema, supports_response=SupportsResponse.ONLY)
    for name, handler in (
        (SERVICE_START_LIVE_STREAM, _async_start_live_stream),
        (SERVICE_STOP_LIVE_STREAM, _async_stop_live_stream),
    ):
        hass.services.async_register(DOMAIN, name, handler, schema=_SITE_SCHEMA)
    hass.services.async_register(
        DOMAIN, SERVICE_CLEAR_REAUTH_ISSUE, _async_clear_reauth_issue, schema=_CLEAR_REAUTH_SCHEMA
    )


async def _async_start_charging(call: ServiceCall) -> ServiceResponse:
    wait = CONFIRMATION_WAIT if call.return_response else 0

    async def start(target: ChargerTarget) -> JsonObjectType:
        return _described(
            await target.runtime.commands.async_start(
                target.serial,
                level=call.data.get(ATTR_CHARGING_LEVEL),
                connector_id=call.data[ATTR_CONNECTOR_ID],
                wait=wait,
            )
        )

    return await _async_for_each_charger(call, start)


async def _async_stop_charging(call: ServiceCall) -> ServiceResponse:
    wait = CONFIRMATION_WAIT if call.return_response else 0

    async def stop(target: ChargerTarget) -> JsonObjectType:
        return _described(await target.runtime.commands.async_stop(target.serial, wait=wait))

    return await _async_for_each_charger(call, stop)


async def _async_trigger_message(call: ServiceCall) -> ServiceResponse:
    message: TriggerMessage = call.data[ATTR_REQUESTED_MESSAGE]
    if message not in COMMON_MESSAGES and not call.data[ATTR_ALLOW_ADVANCED]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="message_needs_advanced",
            translation_placeholders={"message": message},
        )

    async def trigger(target: ChargerTarget) -> JsonObjectType:
        reply = await target.runtime.commands.async_trigger_message(
            target.serial, message, site_id=call.data.get(CONF_SITE_ID)
        )
        return {
            "outcome": reply.status or "accepted",
            "reason": None,
            "message": reply.message,
            "details": dict(reply.details),
        }

    return await _async_for_each_charger(call, trigger)


async def _async_clear_reauth_issue(call: ServiceCall) -> None:
    site_id = call.data.get(CONF_SITE_ID)
    entries = async_entries_of_site(call.hass, site_id) if site_id else async_targeted_entries(call.hass, call)
    outcomes = await async_for_each(entries, lambda entry: async_clear_reauthentication(call.hass, entry))
    raise_failures(failures_of(outcomes))


async def _async_start_live_stream(call: ServiceCall) -> None:
    await _async_for_each_site(call, lambda commands: commands.async_start_live_stream())


async def _async_stop_live_stream(call: ServiceCall) -> None:
    await _async_for_each_site(call, lambda commands: commands.async_stop_live_stream())


def _described(result: CommandResult) -> JsonObjectType:
    return {"outcome": result.outcome, "reason": result.reason}


async def _async_for_each_charger(
    call: ServiceCall, act: Callable[[ChargerTarget], Awaitable[JsonObjectType]]
) -> ServiceResponse:
    """Act on all targeted chargers at once; one failure does not stop the others.

    A call that wants a reply finds failures in it, unless there is nothing else to tell; any other raises them, by
    name, once all are done. That the cloud rejects a command is something to tell.
    """
    outcomes = await async_for_each(async_targeted_chargers(call.hass, call), act)
    failures = failures_of(outcomes)
    rejected = any(isinstance(failure.__cause__, CommandRejected) for failure in failures)
    if not call.return_response or (len(failures) == len(outcomes) and not rejected):
        raise_failures(failures)
    if not call.return_response:
        return None
    replies: list[JsonValueType] = []
    for target, outcome in outcomes:
        reply: JsonObjectType = (
            {"outcome": Outcome.REJECTED, "reason": str(outcome)}
            if isinstance(outcome, HomeAssistantError)
            else outcome
        )
        replies.append({"device_id": target.device_id, "name": target.name, **reply})
    return {"chargers": replies}


async def _async_for_each_site(call: ServiceCall, act: Callable[[Commands], Awaitable[object]]) -> None:
    sites = async_targeted_sites(call.hass, call)

    async def run(site: EnphaseConfigEntry) -> object:
        return await act(runtime_of(site).commands)

    raise_failures(failures_of(await async_for_each(sites, run)))
