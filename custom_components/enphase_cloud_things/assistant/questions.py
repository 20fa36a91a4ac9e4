"""The questions that an assistant can ask: why and until when, and what it cost. None of them changes anything."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.llm import LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
import probatio

from ..actions.sessions import async_past_sessions, described_session
from ..const import DOMAIN
from ..days import Days, local_day
from ..enlighten import HistorySession
from ..plan.record import rounded
from .exposure import ExposedCharger, async_readable, exposed_chargers
from .facts import charging_facts, session_facts

ATTR_CHARGER: Final = "charger"
ATTR_DAYS: Final = "days"

_NOBODY: Final = ToolResult(data={"error": "No such charger, or no right to read it"}, error=True)
_USUAL_DAYS: Final = 30
_MOST_DAYS: Final = 366
_MOST_LISTED: Final = 10


class ExplainChargingTool(Tool):
    """Why a car is charging or not, and when it is ready."""

    name = f"{DOMAIN}__explain_charging"
    title = "Explain charging"
    description = (
        "Tells what an electric vehicle charger is doing, why the car is or is not charging, until when, and when the "
        "car will be ready. Use 'explanation' as the reason. 'ready_at' is the end of the charging plan; null means "
        "that nobody can tell, because the charger does not know how full the car is."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    integration = DOMAIN

    def __init__(self, chargers: Iterable[ExposedCharger]) -> None:
        self.parameters = probatio.Schema(_choice_of(chargers))

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        asked = self.parameters(tool_input.tool_args)
        language, now = llm_context.language or hass.config.language, dt_util.utcnow()
        words = await async_get_translations(hass, language, "entity", {DOMAIN})
        return _result(
            _named(charger) | charging_facts(charger.runtime, snapshot, charger.explained(hass), now, words)
            for charger in await _async_asked_for(hass, llm_context, asked.get(ATTR_CHARGER))
            if (snapshot := charger.snapshot)
        )


class ChargingCostTool(Tool):
    """What charging has cost: the last session, and all of the last days."""

    name = f"{DOMAIN}__get_charging_cost"
    title = "Get charging cost"
    description = (
        "Tells what charging an electric vehicle has cost and how much energy it took: of the session that runs or was "
        "the last one ('last_session'), and in all over the last days. Costs of sessions may be missing for hours."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=True)
    integration = DOMAIN

    def __init__(self, chargers: Iterable[ExposedCharger]) -> None:
        days = probatio.Optional(ATTR_DAYS, default=_USUAL_DAYS, description="How many days, 1 for today alone")
        bounds = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=_MOST_DAYS))
        self.parameters = probatio.Schema({**_choice_of(chargers), days: bounds})

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        asked = self.parameters(tool_input.tool_args)
        chargers = await _async_asked_for(hass, llm_context, asked.get(ATTR_CHARGER))
        return _result([await _async_costs(charger, asked[ATTR_DAYS]) for charger in chargers])


def _choice_of(chargers: Iterable[ExposedCharger]) -> dict[probatio.Marker, probatio.In]:
    """Return the parameter that names a charger."""
    names = dict.fromkeys(name for charger in chargers for name in (charger.name, *charger.aliases))
    charger = probatio.Optional(ATTR_CHARGER, description="Leave out for all chargers")
    return {charger: probatio.In(list(names))}


async def _async_asked_for(hass: HomeAssistant, llm_context: LLMContext, name: str | None) -> Sequence[ExposedCharger]:
    """Return the chargers that a question is about, as far as assistant and person may know of them."""
    exposed = exposed_chargers(hass, llm_context.assistant)
    return await async_readable(hass, llm_context.context, [each for each in exposed if each.answers_to(name)])


def _result(answers: Iterable[JsonObjectType]) -> ToolResult:
    chargers: list[JsonValueType] = list(answers)
    return ToolResult(data={"chargers": chargers}) if chargers else _NOBODY


def _named(charger: ExposedCharger) -> JsonObjectType:
    return {"charger": charger.name, "area": charger.area, "site": charger.site}


async def _async_costs(charger: ExposedCharger, days: int) -> JsonObjectType:
    """Return what a charger has cost; where the past cannot be read, the last session alone and why."""
    runtime, snapshot = charger.runtime, charger.snapshot
    today = local_day(dt_util.utcnow(), runtime.chargers.zone)
    when = Days(first=today - timedelta(days=days - 1), last=today)
    answer = _named(charger) | {"last_session": session_facts(runtime, snapshot) if snapshot else None}
    try:
        sessions = await async_past_sessions(runtime, charger.serial, charger.name, when)
    except HomeAssistantError as error:
        return answer | {"error": str(error)}
    listed: list[JsonValueType] = [
        described_session(session, runtime.chargers.zone) for session in list(reversed(sessions))[:_MOST_LISTED]
    ]
    return answer | {
        "start": when.first.isoformat(),
        "end": when.last.isoformat(),
        **_totals(sessions),
        "currency": runtime.currency.data,
        "latest_sessions": listed,
    }


def _totals(sessions: Sequence[HistorySession]) -> JsonObjectType:
    """Add up what is known; without any known cost there is none, which is not zero."""
    costs = [session.cost for session in sessions if session.cost is not None]
    return {
        "sessions": len(sessions),
        "energy_kwh": rounded(sum(session.energy or 0 for session in sessions)),
        "cost": rounded(sum(costs)) if costs else None,
        "sessions_without_cost": len(sessions) - len(costs),
    }
