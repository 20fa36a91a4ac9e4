"""The actions that command chargers: starting, stopping, asking for a message, and the live stream."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import probatio

from ..chargers.command import LEVEL_REFUSED, Command, Outcome
from ..commands.commands import Commands
from ..const import CONF_SITE_ID, DOMAIN
from ..enlighten import CommandRejected, TriggerMessage
from .action import Action, async_act
from .rights import Caller, Right
from .targets import ChargerTarget, SiteTarget, async_targeted_chargers, async_targeted_sites

ATTR_CHARGING_LEVEL: Final = "charging_level"
ATTR_CONNECTOR_ID: Final = "connector_id"
ATTR_REQUESTED_MESSAGE: Final = "requested_message"
ATTR_ALLOW_ADVANCED: Final = "allow_advanced"

CONFIRMATION_WAIT: Final = 25.0
"""Seconds that a call which wants a reply waits for the effect; the last of the early reads comes after 20."""

COMMON_MESSAGES: Final = frozenset(
    {TriggerMessage.METER_VALUES, TriggerMessage.STATUS_NOTIFICATION, TriggerMessage.HEARTBEAT}
)
"""Messages that only report; the others may restart parts of the charger's software."""

SITE_ID: Final = probatio.All(cv.string, cv.matches_regex(r"^\d+$"))
"""Digits, which YAML takes for a number unless they are quoted."""

_COUNT: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=1))


async def _async_start(call: ServiceCall) -> ServiceResponse:
    async def start(target: ChargerTarget) -> JsonObjectType:
        return _described(
            await target.runtime.commands.async_start(
                target.serial,
                level=call.data.get(ATTR_CHARGING_LEVEL),
                connector_id=call.data[ATTR_CONNECTOR_ID],
                wait=_wait(call),
                context=call.context,
            )
        )

    return await _async_command(call, start)


async def _async_stop(call: ServiceCall) -> ServiceResponse:
    async def stop(target: ChargerTarget) -> JsonObjectType:
        return _described(
            await target.runtime.commands.async_stop(target.serial, wait=_wait(call), context=call.context)
        )

    return await _async_command(call, stop)


async def _async_trigger_message(call: ServiceCall) -> ServiceResponse:
    message: TriggerMessage = call.data[ATTR_REQUESTED_MESSAGE]
    if message not in COMMON_MESSAGES:
        (await Caller.async_of(call.hass, call.context)).require_admin()
        if not call.data[ATTR_ALLOW_ADVANCED]:
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

    return await _async_command(call, trigger)


def _wait(call: ServiceCall) -> float:
    return CONFIRMATION_WAIT if call.return_response else 0


def _described(result: Command) -> JsonObjectType:
    # What keeps a command from its effect may still pass
    is_told = not result.is_open or result.reason == LEVEL_REFUSED
    return {"outcome": result.outcome, "reason": result.reason if is_told else None}


async def _async_command(
    call: ServiceCall, act: Callable[[ChargerTarget], Awaitable[JsonObjectType]]
) -> ServiceResponse:
    """Command all targeted chargers; that the cloud rejects a command is something to reply."""
    return await async_act(
        call,
        await async_targeted_chargers(call, Right.CONTROL),
        act,
        failed=_rejected,
        is_news=lambda failure: isinstance(failure.__cause__, CommandRejected),
    )


def _rejected(failure: HomeAssistantError) -> JsonObjectType:
    return {"outcome": Outcome.REJECTED, "reason": str(failure)}


async def _async_start_live_stream(call: ServiceCall) -> None:
    await _async_command_sites(call, lambda commands: commands.async_start_live_stream())


async def _async_stop_live_stream(call: ServiceCall) -> None:
    await _async_command_sites(call, lambda commands: commands.async_stop_live_stream())


async def _async_command_sites(call: ServiceCall, act: Callable[[Commands], Awaitable[object]]) -> None:
    async def command(site: SiteTarget) -> JsonObjectType:
        await act(site.runtime.commands)
        return {}

    await async_act(call, await async_targeted_sites(call, Right.CONTROL), command)


ACTIONS: Final = (
    Action(
        name="start_charging",
        handler=_async_start,
        schema=cv.make_entity_service_schema(
            {
                probatio.Optional(ATTR_CHARGING_LEVEL): _COUNT,
                probatio.Optional(ATTR_CONNECTOR_ID, default=1): _COUNT,
            }
        ),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="stop_charging",
        handler=_async_stop,
        schema=cv.make_entity_service_schema({}),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="trigger_message",
        handler=_async_trigger_message,
        schema=cv.make_entity_service_schema(
            {
                probatio.Required(ATTR_REQUESTED_MESSAGE): probatio.Coerce(TriggerMessage),
                probatio.Optional(ATTR_ALLOW_ADVANCED, default=False): cv.boolean,
                probatio.Optional(CONF_SITE_ID): SITE_ID,
            }
        ),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="start_live_stream", handler=_async_start_live_stream, schema=probatio.Schema(cv.TARGET_FIELDS)),
    Action(name="stop_live_stream", handler=_async_stop_live_stream, schema=probatio.Schema(cv.TARGET_FIELDS)),
)
