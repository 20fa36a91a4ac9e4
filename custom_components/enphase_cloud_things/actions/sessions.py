"""The actions that look back: listing past sessions, and importing them into long-term statistics."""

from collections.abc import Iterable
import csv
from datetime import datetime, timedelta, tzinfo
from io import StringIO
from typing import Final

from homeassistant.const import UnitOfEnergy, UnitOfLength, UnitOfTime
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import probatio

from ..const import DOMAIN
from ..days import Days
from ..enlighten import EnlightenError, HistorySession
from ..errors import action_failed
from ..history.sessions import span
from ..history.statistics import ImportResult
from ..runtime import RuntimeData
from .action import Action, async_act
from .days import ATTR_END, ATTR_START, past_days
from .rights import Right
from .targets import ChargerTarget, async_targeted_chargers

ATTR_LIMIT: Final = "limit"

USUAL_DAYS: Final = timedelta(days=30)
MOST_SESSIONS: Final = 1000
MOST_PAGES: Final = 40
"""More than five sessions a day in the longest range."""

UNITS: Final[JsonObjectType] = {
    "energy": UnitOfEnergy.KILO_WATT_HOUR,
    "duration": UnitOfTime.MINUTES,
    "range": UnitOfLength.MILES,
}


async def _async_get_sessions(call: ServiceCall) -> ServiceResponse:
    async def read(charger: ChargerTarget) -> JsonObjectType:
        return await _async_listed(charger, _days(call, charger), limit=call.data[ATTR_LIMIT])

    return await async_act(call, await async_targeted_chargers(call, Right.READ), read)


async def _async_export_sessions(call: ServiceCall) -> ServiceResponse:
    async def export(charger: ChargerTarget) -> JsonObjectType:
        days = _days(call, charger)
        runtime = charger.runtime
        sessions = await async_past_sessions(runtime, charger.serial, charger.name, days)
        return {**_told(days), "csv": _as_csv(sessions, runtime.chargers.zone, currency=runtime.currency.data)}

    return await async_act(call, await async_targeted_chargers(call, Right.READ), export)


async def _async_import_sessions(call: ServiceCall) -> ServiceResponse:
    """Import the sessions. A caller who wants a reply finds in it where an import was stopped; else that is raised."""

    async def imported(charger: ChargerTarget) -> JsonObjectType:
        days = _days(call, charger)
        result = await charger.runtime.session_import.async_import(charger.serial, charger.name, days)
        if result.error and not call.return_response:
            raise _stopped(charger, result, result.error)
        if result.other_currency and not call.return_response:
            raise _without_cost(charger, result)
        return _imported(charger, days, result)

    return await async_act(call, await async_targeted_chargers(call, Right.CONTROL), imported)


def _days(call: ServiceCall, charger: ChargerTarget) -> Days:
    return past_days(call, charger.runtime.chargers.zone, usual=USUAL_DAYS)


async def _async_listed(charger: ChargerTarget, days: Days, *, limit: int) -> JsonObjectType:
    runtime = charger.runtime
    found = await async_past_sessions(runtime, charger.serial, charger.name, days)
    return {
        **_told(days),
        "units": {**UNITS, "cost": runtime.currency.data},
        "total": len(found),
        "sessions": [described_session(session, runtime.chargers.zone) for session in list(reversed(found))[:limit]],
    }


async def async_past_sessions(runtime: RuntimeData, serial: str, name: str, days: Days) -> list[HistorySession]:
    """Return the sessions of a charger in some days, the oldest first.

    Raises HomeAssistantError, which names the charger, if the cloud does not answer.
    """
    try:
        sessions = await runtime.history.async_sessions(serial, days, max_pages=MOST_PAGES)
    except EnlightenError as error:
        raise action_failed(error, name) from error
    start, end = days.bounds(runtime.chargers.zone)
    return [session for session in sessions if _touches(session, start, end)]


def _as_csv(sessions: Iterable[HistorySession], zone: tzinfo, *, currency: str | None) -> str:
    """Return sessions as comma-separated values with a line of headings; what is unknown is empty."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(f"{name}{f' ({unit})' if unit else ''}" for name, unit in _columns(currency))
    for session in sessions:
        described = described_session(session, zone)
        lines.writerow(described[name] for name, _ in _columns(currency))
    return text.getvalue()


def _columns(currency: str | None) -> tuple[tuple[str, str | None], ...]:
    """Return the columns of an export, each with its unit."""
    return (
        ("plugged_in_at", None),
        ("unplugged_at", None),
        ("duration", UnitOfTime.MINUTES),
        ("charging_duration", UnitOfTime.MINUTES),
        ("energy", UnitOfEnergy.KILO_WATT_HOUR),
        ("range", UnitOfLength.MILES),
        ("cost", currency),
    )


def _told(days: Days) -> JsonObjectType:
    return {ATTR_START: days.first.isoformat(), ATTR_END: days.last.isoformat()}


def _touches(session: HistorySession, start: datetime, end: datetime) -> bool:
    """Return whether a session has to do with a range; the cloud may answer for more than it was asked."""
    when = span(session)
    if when is None:
        return session.started_at is None or session.started_at < end
    return when.touches(start, end)


def described_session(session: HistorySession, zone: tzinfo) -> JsonObjectType:
    """Return a session as a reply, with times on the clock of the site."""
    began, ended = session.started_at, session.ended_at
    return {
        "plugged_in_at": _local(began, zone),
        "unplugged_at": _local(ended, zone),
        "duration": _minutes((ended - began).total_seconds() if began and ended else None),
        "charging_duration": _minutes(session.active_seconds),
        "energy": session.energy,
        "range": session.range_miles,
        "cost": session.cost,
    }


def _local(moment: datetime | None, zone: tzinfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def _minutes(seconds: float | None) -> float | None:
    return round(seconds / 60, 1) if seconds is not None else None


def _imported(charger: ChargerTarget, days: Days, result: ImportResult) -> JsonObjectType:
    sessions = result.sessions
    return {
        **_told(days),
        "outcome": "stopped" if result.error else "completed",
        "reason": str(action_failed(result.error, charger.name)) if result.error else None,
        "resumed_from": result.first.isoformat() if result.first != days.first else None,
        "next_start": result.next_start.isoformat() if result.next_start else None,
        "sessions": sessions.finished,
        "sessions_still_open": sessions.running,
        "sessions_without_energy": sessions.without_energy,
        "sessions_without_cost": sessions.without_cost,
        "energy": round(sessions.total_energy, 3),
        "cost": round(sessions.total_cost, 2) if result.currency else None,
        "cost_refused": str(_without_cost(charger, result)) if result.other_currency else None,
        "currency": result.currency,
        "hours": result.hours,
        "hours_changed": result.hours_changed,
    }


def _stopped(charger: ChargerTarget, result: ImportResult, error: EnlightenError) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="import_stopped",
        translation_placeholders={
            "name": charger.name,
            "next_start": str(result.next_start),
            "reason": str(action_failed(error, charger.name)),
        },
    )


def _without_cost(charger: ChargerTarget, result: ImportResult) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="cost_in_other_currency",
        translation_placeholders={
            "name": charger.name,
            "currency": str(result.currency),
            "other_currency": str(result.other_currency),
        },
    )


ACTIONS: Final = (
    Action(
        name="get_sessions",
        handler=_async_get_sessions,
        schema=cv.make_entity_service_schema(
            {
                probatio.Optional(ATTR_START): cv.date,
                probatio.Optional(ATTR_END): cv.date,
                probatio.Optional(ATTR_LIMIT, default=100): probatio.All(
                    probatio.Coerce(int), probatio.Range(min=1, max=MOST_SESSIONS)
                ),
            }
        ),
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="export_sessions",
        handler=_async_export_sessions,
        schema=cv.make_entity_service_schema(
            {probatio.Optional(ATTR_START): cv.date, probatio.Optional(ATTR_END): cv.date}
        ),
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="import_sessions",
        handler=_async_import_sessions,
        schema=cv.make_entity_service_schema(
            {probatio.Required(ATTR_START): cv.date, probatio.Optional(ATTR_END): cv.date}
        ),
        response=SupportsResponse.OPTIONAL,
        admin=True,
    ),
)
