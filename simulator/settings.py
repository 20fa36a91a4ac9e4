"""What can be set on a charger, and the ways in which the cloud's answers about it may differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from .schedules import Slot


class ChargeMode(StrEnum):
    """Stored mode preferences (docs/api.md §6.1)."""

    MANUAL = "MANUAL_CHARGING"
    SCHEDULED = "SCHEDULED_CHARGING"
    GREEN = "GREEN_CHARGING"
    SMART = "SMART_CHARGING"


class StartRoute(StrEnum):
    """The one start route a charger understands (docs/api.md §5.1)."""

    POST_PLURAL = "POST ev_chargers"
    PUT_PLURAL = "PUT ev_chargers"
    POST_SINGULAR = "POST ev_charger"


class StopRoute(StrEnum):
    """The one stop route a charger understands (docs/api.md §5.2)."""

    PUT_PLURAL = "PUT ev_chargers"
    POST_PLURAL = "POST ev_chargers"
    POST_SINGULAR = "POST ev_charger"


class ScheduleReply(StrEnum):
    """The shapes in which a written schedule is confirmed (docs/api.md §6.4)."""

    BRIEF = "brief"
    """The id or a sentence as text; the whole list as a bare list."""
    FULL = "full"
    """Objects with the slot or the list in them and a server time of their own."""


class CommandReply(StrEnum):
    """The shapes in which an accepted command is confirmed (docs/api.md §5.1)."""

    FLAT = "flat"
    ENVELOPE = "envelope"
    EMPTY = "empty"


@dataclass(slots=True, kw_only=True)
class Quirks:
    """Behaviours that differ from charger to charger; the defaults are those of an ordinary one.

    ``preference_lag``: how long a mode change stays invisible to preference reads.
    ``preference_400_but_applied``: a mode change is answered 400 and happens all the same (docs/api.md §6.1).
    ``drifts_to_manual``: a start with a level or a stop in scheduled mode leaves the charger in manual mode
    (docs/api.md §5.1).
    ``refuses_levels``: every start with amps fails with "Invalid charge level".
    ``config_refuses_bearer``: charger configuration answers 403 unless it is asked by cookie alone (docs/api.md §6.5).
    ``schedule_lag``: how long written schedules stay invisible to reads.
    ``schedule_reply``: the shape in which written schedules are confirmed.
    ``server_chooses_ids``: a new schedule gets an id of the server's instead of the one it came with.
    ``slot_amps_persist``: the amps written with a schedule are stored; in the field they are not (docs/api.md §6.4).
    ``most_slots``: one schedule more than this is refused; nobody knows the real number.
    ``refuses_overlaps``: two enabled schedules may not be open at one time; the real rule is not known.
    ``window_ends_a_stop``: in scheduled mode the next window to open starts a car that was stopped on its cable; nobody
    has published what the real charger does with it.
    ``starts_when_plugged_in``: manual mode charges without a start.
    ``state_reports_carry_energy``: a state change brings fresh meter values along.
    ``meter_values_on_trigger``: ``MeterValues`` requested by hand makes the charger report its meter.
    ``first_meter_after``: when the first meter report of a session follows its start.
    ``energy_step``: the counters of a transaction move in steps this far apart, whatever the reports do; zero: with
    every report. ``energy_steps_by_clock``: the steps go by the clock instead of by the transaction's start.
    ``charging_reads_as``: the connector type that is reported while current flows; SUSPENDED_EV contradicts counters
    that grow. ``safe_limit_always``: ``safeLimitState`` is 1 at any current.
    ``start_wakes_car``: a start while the car pauses is accepted instead of refused as already charging.
    ``keeps_commands_for_later``: a start or stop that is answered 552 reaches the charger once it is back; nobody
    knows what the real cloud does with it (docs/api.md §5.1).
    ``after_stop``, ``plugged_idle``, ``unplugged``: the connector state where no transaction is open.
    """

    preference_lag: timedelta = timedelta()
    preference_400_but_applied: bool = False
    drifts_to_manual: bool = True
    refuses_levels: bool = False
    config_refuses_bearer: bool = False
    schedule_lag: timedelta = timedelta()
    schedule_reply: ScheduleReply = ScheduleReply.BRIEF
    server_chooses_ids: bool = False
    slot_amps_persist: bool = False
    most_slots: int | None = None
    refuses_overlaps: bool = False
    window_ends_a_stop: bool = True
    starts_when_plugged_in: bool = False
    state_reports_carry_energy: bool = False
    meter_values_on_trigger: bool = False
    first_meter_after: timedelta = timedelta(seconds=30)
    energy_step: timedelta = timedelta()
    energy_steps_by_clock: bool = False
    charging_reads_as: str = "CHARGING"
    safe_limit_always: bool = False
    start_wakes_car: bool = False
    keeps_commands_for_later: bool = False
    start_route: StartRoute = StartRoute.POST_PLURAL
    stop_route: StopRoute = StopRoute.PUT_PLURAL
    command_reply: CommandReply = CommandReply.FLAT
    after_stop: str = "SUSPENDED_EVSE"
    plugged_idle: str = "AVAILABLE"
    unplugged: str = "AVAILABLE"

    @classmethod
    def of_the_field(cls) -> Self:
        """Return the pace of a real charger: energy in steps of five minutes, writes that show a second later."""
        return cls(
            energy_step=timedelta(seconds=300),
            first_meter_after=timedelta(seconds=300),
            schedule_lag=timedelta(seconds=1),
        )


@dataclass(slots=True, kw_only=True)
class Setting:
    """One charger setting: ``value`` is what the charger has, ``pending`` what was asked for and is on its way."""

    value: str | None
    pending: str | None = None

    @property
    def stored(self) -> str | None:
        """What the cloud has stored, whether or not the charger has it yet."""
        return self.value if self.pending is None else self.pending


@dataclass(slots=True, kw_only=True)
class Held:
    """What a charger still runs by while another choice is on its way to it; None: it runs by what is stored."""

    slots: list[Slot] | None = None
    use_battery: bool | None = None


AUTHENTICATION_KEYS = ("sessionAuthentication", "rfidSessionAuthentication")


def ordinary_settings() -> dict[str, Setting]:
    """Return the configuration keys of an ordinary European charger (docs/api.md §6.5)."""
    return {
        "sessionAuthentication": Setting(value="disabled"),
        "rfidSessionAuthentication": Setting(value="disabled"),
        "DefaultChargeLevel": Setting(value=None),
        "phase_switch_config": Setting(value="auto"),
        "ConnectorLock": Setting(value=None),
    }


def asks_for_authentication(settings: Mapping[str, Setting]) -> bool:
    """Whether a start has to be confirmed by the app or a card."""
    return any(key in settings and settings[key].value == "enabled" for key in AUTHENTICATION_KEYS)


def default_level(settings: Mapping[str, Setting]) -> int | None:
    """Return the stored default in A, None when it is unset or unsupported."""
    setting = settings.get("DefaultChargeLevel")
    return None if setting is None or setting.value is None else int(setting.value)


@dataclass(slots=True, kw_only=True)
class Modes:
    """The stored mode of a charger and what it follows.

    ``preference`` is what the cloud stored, ``active`` what the charger runs by (it follows after the effect
    delay). ``shown_from`` hides a fresh preference from reads until that moment, ``previous`` being shown instead.
    """

    preference: ChargeMode = ChargeMode.MANUAL
    active: ChargeMode = ChargeMode.MANUAL
    previous: ChargeMode = ChargeMode.MANUAL
    shown_from: datetime | None = None
    smart: bool = False
    storm_disables_green: bool = False
    hidden: set[ChargeMode] = field(default_factory=set)

    @property
    def offered(self) -> tuple[ChargeMode, ...]:
        """The modes this charger has; smart takes green's place on sites that have it."""
        economical = ChargeMode.SMART if self.smart else ChargeMode.GREEN
        return (economical, ChargeMode.SCHEDULED, ChargeMode.MANUAL)

    @property
    def synced(self) -> bool:
        """Whether the charger has taken over the stored mode."""
        return self.preference is self.active

    def fix(self, mode: ChargeMode) -> None:
        """Set a mode that is stored, shown and followed already."""
        self.preference = self.active = self.previous = mode
        self.shown_from = None

    def shown(self, now: datetime) -> ChargeMode:
        """Return the preference that a read at ``now`` sees."""
        if self.shown_from is not None and now < self.shown_from:
            return self.previous
        return self.preference

    def store(self, mode: ChargeMode, now: datetime, lag: timedelta) -> None:
        """Store a new preference, which reads see after ``lag``."""
        self.previous, self.preference = self.preference, mode
        self.shown_from = now + lag
