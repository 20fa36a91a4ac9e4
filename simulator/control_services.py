"""The actions of the control interface for grid events, tariffs and session history."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from .control_values import DAY_SECONDS, ActionError, Values, charger_of, site_of
from .ready_tariffs import TARIFFS
from .session_list import sessions_of
from .vpp import DetailAnswer, EnrolmentAnswer, EventType, GridEvent, OtherProgram, VirtualPowerPlant
from .world import World

_YEAR_SECONDS = 366 * DAY_SECONDS


def _schedule(world: World, values: Values) -> None:
    site_of(world, values).vpp.schedule(
        starts_in=timedelta(seconds=values.number("in_seconds", 120, least=-_YEAR_SECONDS, most=_YEAR_SECONDS)),
        duration=timedelta(seconds=values.number("seconds", 600, least=1, most=31 * DAY_SECONDS)),
        kind=values.text("kind", EventType.DISCHARGE),
        rate_watt=_whole(values, "rate_watt"),
        target_soc=_percent(values) if values.has("target_soc") else None,
    )


def _cancel(world: World, values: Values) -> None:
    plant = site_of(world, values).vpp
    plant.cancel(_event(world, plant, values), status=values.text("status", "cancelled"))


def _supersede(world: World, values: Values) -> None:
    plant = site_of(world, values).vpp
    event = _event(world, plant, values)
    if event.is_over(world.clock()):
        message = "that event is over"
        raise ActionError(message)
    plant.supersede(event, rate_watt=_whole(values, "rate_watt"))


def _edit(world: World, values: Values) -> None:
    event = _event(world, site_of(world, values).vpp, values)
    delay = timedelta(seconds=values.number("delay_seconds", 0, least=-_YEAR_SECONDS, most=_YEAR_SECONDS))
    event.start += delay
    event.end += delay
    event.rate_watt = values.whole("rate_watt", event.rate_watt)
    event.status = values.text("status") if values.has("status") else event.status
    if values.has("target_soc"):
        event.target_soc = _percent(values)


def _withdraw(world: World, values: Values) -> None:
    plant = site_of(world, values).vpp
    plant.withdraw(_event(world, plant, values))


def _event(world: World, plant: VirtualPowerPlant, values: Values) -> GridEvent:
    """Return the event with the ``id`` of a request, else the next one that is neither over nor called off."""
    now = world.clock()
    if values.has("id"):
        wanted = [event for event in plant.events if event.id == values.text("id")]
    else:
        wanted = sorted(
            (event for event in plant.events if not event.is_over(now)),
            key=lambda event: event.start,
        )
    if not wanted:
        message = "no such event"
        raise ActionError(message)
    return wanted[0]


def _enrolment(world: World, values: Values) -> None:
    plant = site_of(world, values).vpp
    if values.has("program_id"):
        plant.enrol(values.text("program_id"))
    plant.enrolment = _member(EnrolmentAnswer, values, "answer", plant.enrolment)
    plant.detail = _member(DetailAnswer, values, "detail", plant.detail)
    plant.other_programs = _member(OtherProgram, values, "other_programs", plant.other_programs)


def _tariff(world: World, values: Values) -> None:
    name = values.text("name")
    if name not in TARIFFS:
        message = f"unknown tariff; there are {', '.join(TARIFFS)}"
        raise ActionError(message)
    site_of(world, values).tariff = TARIFFS[name]


def _seed_history(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    days = values.whole("days", 365, least=1, most=3650)
    charger.history.seed_year(days=days, besides=sessions_of(charger, world.clock()))


def _member[M: StrEnum](kind: type[M], values: Values, name: str, present: M) -> M:
    try:
        return kind(values.text(name, present))
    except ValueError:
        message = f"{name} must be one of {', '.join(kind)}"
        raise ActionError(message) from None


def _percent(values: Values) -> int:
    return values.whole("target_soc", least=0, most=100)


def _whole(values: Values, name: str) -> int | None:
    return values.whole(name) if values.has(name) else None


SERVICE_ACTIONS: dict[str, Callable[[World, Values], None]] = {
    "vpp-event": _schedule,
    "vpp-cancel": _cancel,
    "vpp-supersede": _supersede,
    "vpp-edit": _edit,
    "vpp-withdraw": _withdraw,
    "enrolment": _enrolment,
    "tariff": _tariff,
    "seed-history": _seed_history,
}
"""By the last part of their path."""
