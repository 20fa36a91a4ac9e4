"""Worlds by name whose replies have the shapes of docs/api.md that no scenario shows.

What may differ from charger to charger is shown by several chargers of one site, so that a few worlds have it all.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from .accounts import ChallengeShape, LoginShape
from .chargers import Charger
from .clock import Clock
from .commands import allow_battery, configure, set_mode, set_schedules, start
from .families import Family
from .faults import (
    Trouble,
    coded_error,
    field_missing,
    field_value,
    labelled,
    login_wall,
    maintenance,
    null_data,
    quoted,
    status_code,
    transformed,
)
from .history import SessionRecord
from .physics import Car
from .presentation import StatusShape
from .ready_tariffs import NONE, TIERED, TIME_OF_USE
from .schedules import OFF_PEAK, Slot, new_slot_id
from .settings import ChargeMode, Setting
from .tariffs import Spelling, Tariff
from .vpp import EnrolmentAnswer, EventType
from .wire import Json, epoch_milliseconds, epoch_seconds
from .world import World

_HOUR = timedelta(hours=1)
_NEVER = timedelta(days=3650)
_NETWORK_FIELDS = {"ipaddr": "192.0.2.45", "interface_name": "mlan0", "connectionStatus": "1"}


def _chargers(clock: Clock, count: int) -> tuple[World, tuple[Charger, ...]]:
    world = World.with_chargers(count, clock)
    return world, tuple(world.site.chargers)


def _charging(charger: Charger, *, connector: int = 1, car: Car | None = None) -> None:
    charger.plug_in(car, connector=connector)
    start(charger, level=None, connector=charger.connector(connector))


# Status (docs/api.md §4)


def _flat_status(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.presentation.status_shape = StatusShape.FLAT
    _charging(world.charger)
    return world


def _keyed_status(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    _charging(world.charger)
    world.presentation.status_shape = StatusShape.KEYED
    return world


def _empty_status(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.faults.add(null_data(), Family.STATUS)
    return world


def _connector_states(clock: Clock) -> World:
    """Show what a connector may be, one charger for each."""
    world, chargers = _chargers(clock, 8)
    now = clock()
    ordinary, full, withheld, faulted, offline, lower_case, *_ = chargers
    for charger in (ordinary, withheld, lower_case, offline):
        _charging(charger)
    _charging(full, car=Car(state_of_charge=1.0))
    faulted.break_down()
    offline.go_offline()
    second = world.site.add_charger("202640011883", name="Two connectors", connectors=2)
    _charging(second, connector=2)
    rows: Mapping[str, Json] = {
        "2.connectors.0.connectorStatusType": "SUSPENDED_EVSE",
        "2.connectors.0.connectorStatusReason": "INSUFFICIENT_SOLAR",
        "2.charging": True,
        "5.connectors.0.connectorStatusType": "suspended_ev",
        "6.connectors": {"connectorId": 1, "connectorStatusType": "RESERVED", "pluggedIn": False},
        "6.session_d.plg_in_at": epoch_seconds(now - _HOUR),
    }
    for path, value in rows.items():
        world.faults.add(field_value(f"data.chargers.{path}", value), Family.STATUS)
    world.faults.add(field_missing("data.chargers.7.connectors"), Family.STATUS)
    return world


def _session_values(clock: Clock) -> World:
    """Show the sizes and spellings that energy, times, level and cost of a session may have."""
    world, chargers = _chargers(clock, 5)
    for charger in chargers:
        _charging(charger)
    began = clock() - _HOUR
    rows: Mapping[str, Json] = {
        "0.session_d.e_c": "140.038",
        "0.session_d.strt_chrg": str(epoch_milliseconds(began)),
        "1.session_d.e_c": 9867,
        "1.session_d.strt_chrg": f"{began:%Y-%m-%dT%H:%M:%S}.118Z[UTC]",
        "1.session_d.sessionCost": "1.87",
        "2.session_d.e_c": 0,
        "2.session_d.strt_chrg": epoch_seconds(began),
        "2.session_d.chargingLevel": 16,
        "3.session_d": None,
        "3.sch_d": None,
        "4.sch_d": {"status": 1, "info": [{"type": "OFF_PEAK", "startTime": epoch_seconds(began), "limit": 0}]},
        "4.chargingLevel": 20,
        "4.displayName": "Barn",
    }
    for path, value in rows.items():
        world.faults.add(field_value(f"data.chargers.{path}", value), Family.STATUS)
    return world


# Metadata (docs/api.md §3)


def _metadata_values(clock: Clock) -> World:
    """Show the spellings of metadata, and what is missing from it now and then."""
    world, _ = _chargers(clock, 6)
    rows: Mapping[str, Json] = {
        "0.lifeTimeConsumption": "199.9",
        "0.maxCurrent": "32",
        "0.reportingInterval": "300",
        "0.networkConfig": [_NETWORK_FIELDS],
        "1.lifeTimeConsumption": 0,
        "1.networkConfig": _NETWORK_FIELDS,
        "1.activeConnection": "Ethernet ",
        "2.networkConfig": '["netmask=255.255.255.0,ipaddr=',
        "2.phaseMode": "split",
        "2.operatingVoltage": 240.0,
        "2.wiringConfiguration": {"L1": "L1", "L2": "L2", "N": "N"},
        "3.chargeLevelDetails": {"min": "6", "max": "32", "granularity": "2", "defaultChargeLevel": "20"},
        "3.hoControl": False,
        "4.serialNumber": 202640011877,
        "4.phaseMode": "3_phase",
        "4.dlbEnabled": False,
    }
    for path, value in rows.items():
        world.faults.add(field_value(f"data.{path}", value), Family.SUMMARY)
    for name in ("lifeTimeConsumption", "chargeLevelDetails", "displayName", "networkConfig", "reportingInterval"):
        world.faults.add(field_missing(f"data.5.{name}"), Family.SUMMARY)
    return world


def _single_metadata(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.faults.add(_other_data(lambda data: data[0] if isinstance(data, list) and data else data), Family.SUMMARY)
    return world


def _named_metadata(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.faults.add(_other_data(lambda data: {"evChargerData": data}), Family.SUMMARY)
    return world


def _other_data(change: Callable[[Json], Json]) -> Trouble:
    """Wrap the data of a reply in another way."""
    return transformed(
        lambda reply: {**reply, "data": change(reply.get("data"))} if isinstance(reply, Mapping) else reply
    )


# Modes, schedules and settings (docs/api.md §6)


def _modes(clock: Clock) -> World:
    world, (smart, minimal, none, pending, storm, hidden, no_battery) = _chargers(clock, 7)
    smart.modes.smart = True
    smart.modes.fix(ChargeMode.SMART)
    modes: Json = {"scheduledCharging": {"chargingMode": "SCHEDULED_CHARGING", "enabled": True}}
    _mode_fault(world, minimal, field_value("data", {"modes": modes}))
    _mode_fault(world, none, field_value("data.modes.*.enabled", value=False))
    pending.effect_delay = _NEVER
    set_mode(pending, ChargeMode.GREEN)
    allow_battery(pending, allowed=True)
    storm.modes.storm_disables_green = True
    hidden.modes.hidden = {ChargeMode.GREEN}
    no_battery.supports_use_battery = False
    no_battery.modes.fix(ChargeMode.GREEN)
    return world


def _mode_fault(world: World, charger: Charger, trouble: Trouble) -> None:
    world.faults.add(trouble, Family.MODE, method="GET", path_part=charger.serial)


def _settings(clock: Clock) -> World:
    world, (app, card, level, pending, fewer, cookies) = _chargers(clock, 6)
    app.settings["sessionAuthentication"] = Setting(value="enabled")
    card.settings["rfidSessionAuthentication"] = Setting(value="on")
    card.settings["sessionAuthentication"] = Setting(value=None)
    level.settings["DefaultChargeLevel"] = Setting(value="20")
    level.settings["phase_switch_config"] = Setting(value="3")
    pending.effect_delay = _NEVER
    configure(pending, "sessionAuthentication", "enabled")
    for key in ("rfidSessionAuthentication", "phase_switch_config", "ConnectorLock", "DefaultChargeLevel"):
        del fewer.settings[key]
    cookies.quirks.config_refuses_bearer = True
    return world


def _schedules(clock: Clock) -> World:
    world, chargers = _chargers(clock, 6)
    night, off_peak, app, minutes, pending, disabled = chargers
    site_id = world.site.site_id

    def slot(charger: Charger, begin: time | None, end: time | None) -> Slot:
        return Slot(id=new_slot_id(site_id, charger.serial), start=begin, end=end)

    night.slots = [
        replace(slot(night, time(22, 15), time(5, 45)), days=(1, 2, 3, 4, 5), amps=20, remind=True, remind_minutes=15)
    ]
    off_peak.slots = [replace(slot(off_peak, None, None), kind=OFF_PEAK)]
    app.slots = [replace(slot(app, time(10), time(14)), recurring_kind=None, level_kind=None)]
    minutes.slots = [slot(minutes, time(1), time(4, 30))]
    disabled.slots = [replace(slot(disabled, time(1), time(5)), enabled=False)]
    for charger in (night, off_peak, app, minutes, pending):
        charger.modes.fix(ChargeMode.SCHEDULED)
    pending.effect_delay = _NEVER
    set_schedules(pending, [slot(pending, time(2), time(6))])
    for charger, fields in (
        (app, {"chargingLevel": 100, "chargingLevelAmp": None}),
        (minutes, {"startTime": 60, "endTime": 270}),
    ):
        for name, value in fields.items():
            trouble = field_value(f"data.slots.*.{name}", value)
            world.faults.add(trouble, Family.SCHEDULES, method="GET", path_part=charger.serial)
    return world


# Sessions (docs/api.md §7.2)


def _sessions(clock: Clock) -> World:
    world, (costly, uncosted, repeated, spelled, empty, endless) = _chargers(clock, 6)
    for charger in (costly, uncosted, repeated, spelled):
        charger.history.seed_year(days=60)
    uncosted.history.cost_after = _NEVER
    repeated.history.page_overlap = 3
    repeated.history.oldest_first = True
    now = clock()
    over_midnight = now.replace(hour=20, minute=0) - timedelta(days=1)
    costly.history.add(_record(over_midnight, over_midnight + 12 * _HOUR, energy_wh=17_420))
    for charger, troubles in (
        (
            spelled,
            (
                field_value("data.result.*.startTime", epoch_milliseconds(now - 9 * _HOUR)),
                field_value("data.result.*.aggEnergyValue", "17.42"),
                field_value("data.result.*.activeChargeTime", None),
                field_missing("data.result.*.sessionId"),
            ),
        ),
        (empty, (field_missing("data.hasMore"),)),
        (endless, (field_value("data.hasMore", value=True),)),
    ):
        for trouble in troubles:
            world.faults.add(trouble, Family.HISTORY, path_part=charger.serial)
    _charging(costly)
    return world


def _record(begin: datetime, end: datetime, *, energy_wh: float) -> SessionRecord:
    return SessionRecord(
        session_id=epoch_seconds(begin),
        started_at=begin,
        charging_from=begin,
        ended_at=end,
        energy_wh=energy_wh,
        active_seconds=7200,
    )


# Grid services (docs/api.md §8)


def _grid_events(clock: Clock) -> World:
    """Show an event of each status and of each way to be called off, of which one says that it runs."""
    world = World.with_one_charger(clock)
    vpp = world.site.vpp
    vpp.says_in_progress = True
    for days, status in ((6, "failed"), (5, "stopped"), (4, "optedout"), (3, "deleted"), (2, None)):
        vpp.schedule(start=clock() - timedelta(days=days), kind=EventType.CHARGE).status = status
    vpp.cancel(vpp.schedule(starts_in=3 * _HOUR), status=None)
    vpp.cancel(vpp.schedule(starts_in=5 * _HOUR))
    vpp.supersede(vpp.schedule(starts_in=-_HOUR / 2, duration=2 * _HOUR), rate_watt=3840)
    vpp.schedule(starts_in=8 * _HOUR, kind=EventType.IDLE)
    return world


def _no_program(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.site.vpp.leave()
    return world


def _no_grid_services(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.site.vpp.leave(EnrolmentAnswer.UNAUTHORIZED)
    return world


# Money (docs/api.md §9)


def _time_of_use(clock: Clock) -> World:
    """Show seasons whose ends are inclusive, with minutes as text for import and as numbers for export."""
    buyback = TIME_OF_USE.buyback
    return _with_tariff(clock, replace(TIME_OF_USE, buyback=buyback and replace(buyback, spelling=Spelling.NUMBERS)))


def _tiered(clock: Clock) -> World:
    return _with_tariff(clock, TIERED)


def _no_tariff(clock: Clock) -> World:
    world = _with_tariff(clock, NONE)
    world.faults.add(null_data(), Family.SAVINGS)
    return world


def _with_tariff(clock: Clock, tariff: Tariff) -> World:
    world = World.with_one_charger(clock)
    world.site.tariff = tariff
    return world


# Signing in (docs/api.md §2)


def _form_login(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.presentation.json_login_refused = True
    return world


def _short_login(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    world.account.login_shape = LoginShape.EMPTY_OBJECT
    return world


def _second_challenge(clock: Clock) -> World:
    world = World.with_one_charger(clock, one_time_codes=True)
    world.account.challenge_shape = ChallengeShape.SUCCESS_AND_NONCE
    return world


# What comes in place of a reply (docs/api.md §2.7, §5.1, §11)


def _wrappings(clock: Clock) -> World:
    """Show replies that are what they should be, in an odd wrapping."""
    world = World.with_one_charger(clock)
    world.charger.plug_in()
    world.faults.add(quoted(), Family.STATUS)
    world.faults.add(labelled("text/plain"), Family.SUMMARY)
    world.faults.add(quoted(), Family.MODE)
    return world


def _refusals(clock: Clock) -> World:
    """Show each way in which a family that can be done without may fail, while the chargers are there."""
    world = World.with_one_charger(clock)
    for family, trouble in (
        (Family.MODE, coded_error(503, "iqevc-scheduler", "iqevc-scheduler is unavailable")),
        (Family.GREEN, status_code(404)),
        (Family.SCHEDULES, login_wall(as_json=True)),
        (Family.CONFIGURATION, status_code(403)),
        (Family.FIRMWARE, status_code(401)),
        (Family.VPP_ENROLMENT, status_code(406)),
        (Family.TARIFF, maintenance()),
        (Family.CURRENCY, status_code(429, retry_after=120)),
        (Family.SAVINGS, status_code(400)),
        (Family.HISTORY, status_code(550)),
    ):
        world.faults.add(trouble, family)
    return world


SHAPES: dict[str, Callable[[Clock], World]] = {
    "flat-status": _flat_status,
    "keyed-status": _keyed_status,
    "empty-status": _empty_status,
    "connector-states": _connector_states,
    "session-values": _session_values,
    "metadata-values": _metadata_values,
    "single-metadata": _single_metadata,
    "named-metadata": _named_metadata,
    "modes": _modes,
    "settings": _settings,
    "schedules": _schedules,
    "sessions": _sessions,
    "grid-events": _grid_events,
    "no-program": _no_program,
    "no-grid-services": _no_grid_services,
    "time-of-use": _time_of_use,
    "tiered": _tiered,
    "no-tariff": _no_tariff,
    "form-login": _form_login,
    "short-login": _short_login,
    "second-challenge": _second_challenge,
    "wrappings": _wrappings,
    "refusals": _refusals,
}
"""Like `SCENARIOS`; each has one odd thing about it, and is kept as a recording of that name."""
