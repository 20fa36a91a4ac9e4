"""One charger: all that was read, derived and remembered of it, and the commands to it that are open."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
import logging
from typing import Final, NotRequired, TypedDict

from homeassistant.core import Context

from ..const import DEFAULT_CHARGING_AMPS
from ..enlighten import (
    ChargeMode,
    ChargerStatus,
    ChargerSummary,
    ConfigurationValue,
    FirmwareDetails,
    GreenSettings,
    ModePreference,
    Schedule,
)
from ..stored import StoredState, iso, restored, stored_mapping, stored_number, stored_time
from .amps import amps_bounds, start_level
from .command import AUTHENTICATION, CHARGING_COMMANDS, CommandKind, Outcome, Reading
from .configuration import authentication_required
from .metering import Metering, Setting, advance_by_status, advance_by_summary, measurements
from .open_commands import OpenCommands
from .session_events import (
    SessionEnd,
    SessionEvent,
    SessionEventType,
    SessionFigures,
    SessionWatch,
    confirm_stop,
    observe,
)
from .snapshot import ChargerSnapshot, given_name, nameless
from .status import plugged_in, preferred_mode, session_active

_LOGGER = logging.getLogger(__name__)

ANSWERS_BEFORE_ABSENT: Final = 3
"""A healthy account sometimes leaves a charger out of an answer (docs/api.md §4.7)."""

MOST_UNTOLD: Final = 16
"""Session events that are kept until the event entity asks for them; it may be disabled."""

SESSION_ENDS: Final = frozenset({SessionEventType.STOPPED, SessionEventType.FINISHED, SessionEventType.UNPLUGGED})


def _no_price(_moment: datetime) -> None:
    return None


class StoredCharger(TypedDict):
    """What is remembered of one charger, under the names that earlier versions gave it.

    `meter` holds the counters, `wished_amps` the current (A) that a person chose, `refused_levels` those that the
    charger does not take, `restarted_at` when a session was last restarted for another current, `watch` the state that
    the next session event is told from, `end` what waits for the final figures of a session.
    """

    meter: dict[str, StoredState]
    wished_amps: int | None
    refused_levels: NotRequired[list[int]]
    restarted_at: NotRequired[str | None]
    watch: NotRequired[StoredState]
    end: NotRequired[StoredState | None]


class Charger:
    """The record of one charger.

    `status`, `summary`, `preference`, `green`, `configuration`, `schedule` and `firmware` are the last good readings of
    their endpoints, each kept when a later one fails; `metering` is what they say of energy. `chosen_amps` is the
    current (A) that a person set last, `refused_levels` are those that the charger has refused, `restarted_at` is when
    a session was last restarted for another current. `turn` is held while a start or a restart is sent; a stop waits
    for nobody. `nominal_voltage` (V) bounds the power estimate where the cloud names none.
    """

    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    schedule: Schedule | None = None
    firmware: FirmwareDetails | None = None

    def __init__(
        self, serial: str, *, nominal_voltage: int, zone: tzinfo, stored: Mapping[str, object] | None = None
    ) -> None:
        stored = stored or {}
        chosen_amps = stored_number(stored, "wished_amps")
        self.serial = serial
        self.zone = zone
        self.commands = OpenCommands()
        self.turn = asyncio.Lock()
        self.chosen_amps = int(chosen_amps) if chosen_amps is not None else None
        self.refused_levels = set(restored(tuple[int, ...], stored.get("refused_levels")) or ())
        self.restarted_at = stored_time(stored, "restarted_at")
        self.mode_chosen_at: datetime | None = None
        self._nominal_voltage = nominal_voltage
        self.metering = Metering.from_dict(stored_mapping(stored, "meter"))
        self._watch = replace(
            SessionWatch.from_dict(stored_mapping(stored, "watch")),
            end=SessionEnd.from_dict(stored_mapping(stored, "end")),
        )
        self._unauthorized = False
        self._untold: deque[SessionEvent] = deque(maxlen=MOST_UNTOLD)
        self._active: bool | None = None
        self._session_ended_at: datetime | None = None
        # Who asked for what the last reading confirms
        self._cause: Context | None = None
        self._began: dict[type, datetime] = {}
        self._missed_answers = 0
        self._unlisted = False
        self._snapshot: ChargerSnapshot | None = None

    def as_stored(self) -> StoredCharger:
        """Return what a restart has to remember."""
        return {
            "meter": self.metering.as_dict(),
            "wished_amps": self.chosen_amps,
            "refused_levels": sorted(self.refused_levels),
            "restarted_at": iso(self.restarted_at),
            "watch": self._watch.as_dict(),
            "end": self._watch.end.as_dict() if self._watch.end else None,
        }

    @property
    def absent(self) -> bool:
        """Whether several status answers in a row have left the charger out."""
        return self._missed_answers >= ANSWERS_BEFORE_ABSENT

    @property
    def setpoint(self) -> int:
        """The current (A) of the next start: the chosen one, or the default, within what the charger offers."""
        amps = self.chosen_amps if self.chosen_amps is not None else DEFAULT_CHARGING_AMPS
        bounds = amps_bounds(self.summary)
        return bounds.nearest(amps) if bounds else amps

    @property
    def start_level(self) -> int | None:
        """The current (A) that a start asks for when nobody named one, `None` to leave it to the charger."""
        level = start_level(self.summary, self.commands.chosen_mode or self.mode, self.setpoint)
        return None if level in self.refused_levels else level

    @property
    def may_be_controlled(self) -> bool:
        """Whether the account has the right to control the charger, as far as the cloud tells."""
        return self.summary is None or self.summary.owner_control is not False

    @property
    def name(self) -> str:
        """What people call the charger."""
        return given_name(self.status, self.summary) or nameless(self.serial)

    @property
    def mode(self) -> ChargeMode | None:
        """The charge mode that a person chose, from the best source there is."""
        return preferred_mode(self.preference, self.status)

    def take(
        self,
        reading: Reading | ChargerSummary | Schedule | FirmwareDetails,
        *,
        began: datetime,
        now: datetime,
        interval: timedelta = timedelta(),
        price_at: Callable[[datetime], float | None] = _no_price,
    ) -> None:
        """Take a reading that was asked for when it `began`: measures, open commands and session events follow.

        `interval` is the time that usually lies between status readings, `price_at` gives the price of a kWh. A reading
        that began before one of the same endpoint that is known already is older and says nothing.
        """
        if began < self._began.get(type(reading), began):
            return
        self._began[type(reading)] = began
        match reading:
            case ChargerStatus():
                reading = self._take_status(reading, now, price_at)
            case ChargerSummary():
                self._take_summary(reading, now)
                return
            case Schedule():
                self.schedule = reading
                return
            case FirmwareDetails():
                self.firmware = reading
                return
            case ModePreference():
                self.preference = _with_known_mode(reading, self.preference)
            case GreenSettings():
                self.green = reading
            case _:
                self.configuration = tuple(reading)
        self._judge(reading, began=began, now=now)
        if isinstance(reading, ChargerStatus):
            self._observe(reading, now=now, interval=interval)

    def miss(self) -> None:
        """Note that a status answer leaves the charger out."""
        self._missed_answers += 1

    def note_listed(self, listed: bool) -> None:
        """Note whether a complete list of the site's chargers names this one."""
        self._unlisted = self.absent and not listed

    def take_events(self) -> list[SessionEvent]:
        """Return what has happened at the charger and was not asked for yet, in order."""
        events = list(self._untold)
        self._untold.clear()
        return events

    def snapshot(self, now: datetime) -> ChargerSnapshot:
        """Return what is known; the same object as before while nothing has changed."""
        snapshot = ChargerSnapshot(
            serial=self.serial,
            present=self.status is not None and not self.absent,
            gone=self.absent and self._unlisted,
            status=self.status,
            summary=self.summary,
            preference=self.preference,
            green=self.green,
            configuration=self.configuration,
            schedule=self.schedule,
            firmware=self.firmware,
            mode=self.mode,
            measurements=measurements(self.metering, self.status, setting=self._setting, now=now, zone=self.zone),
            pending=self.commands.all,
            last_command=self.commands.last,
            cause=self._who_caused_it(),
            setpoint=self.setpoint,
            flowing=self.metering.flow.flowing,
            stopped=self._watch.ended_by_stop,
            unauthorized=self._unauthorized,
            session_ended_at=self._session_ended_at,
        )
        if snapshot != self._snapshot:
            self._snapshot = snapshot
        return self._snapshot or snapshot

    def _who_caused_it(self) -> Context | None:
        """Return who asked for what is new: a command that has just begun, or else what the last reading confirms."""
        newest, before = self.commands.newest, self._snapshot.pending if self._snapshot else ()
        has_begun = newest is not None and newest.now.asked_at not in {command.asked_at for command in before}
        return newest.context if newest is not None and has_begun else self._cause

    def _take_status(
        self, status: ChargerStatus, now: datetime, price_at: Callable[[datetime], float | None]
    ) -> ChargerStatus:
        self._missed_answers, self._unlisted = 0, False
        self.status = status = _completed(status, self.status) if status.partial else status
        self.metering = advance_by_status(self.metering, status, setting=self._setting, price_at=price_at, now=now)
        if self.metering.flow.flowing or plugged_in(status) is False:
            self._unauthorized = False
        return status

    def _take_summary(self, summary: ChargerSummary, now: datetime) -> None:
        self.summary = summary
        epoch = self.metering.lifetime.epoch
        self.metering = advance_by_summary(
            self.metering, summary, status=self.status, setting=self._setting, now=now, zone=self.zone
        )
        if self.metering.lifetime.epoch != epoch:
            _LOGGER.warning("The lifetime energy of a charger counts from a lower value now; its statistics begin anew")

    @property
    def _setting(self) -> Setting:
        return Setting(summary=self.summary, setpoint=self.setpoint, nominal_voltage=self._nominal_voltage)

    def _judge(self, reading: Reading, *, began: datetime, now: datetime) -> None:
        """Hold the open commands against a reading; the end of charging after a stop is called by that name."""
        settled = self.commands.judge(
            reading,
            began=began,
            now=now,
            mode=self.mode,
            authentication_required=authentication_required(self.configuration or ()),
        )
        for command in (each.now for each in settled):
            if command.kind is CommandKind.STOP and command.outcome is Outcome.CONFIRMED:
                self._watch = confirm_stop(self._watch)
            if command.kind in CHARGING_COMMANDS:
                self._unauthorized = command.outcome is Outcome.WAITING and command.reason == AUTHENTICATION
        self._cause = next((each.context for each in settled if each.now.outcome is Outcome.CONFIRMED), None)

    def _observe(self, status: ChargerStatus, *, now: datetime, interval: timedelta) -> None:
        """Tell what has happened since the status before."""
        session = status.session
        figures = SessionFigures(
            started_at=self.metering.session.started_at,
            plugged_in_at=session.plugged_in_at if session else None,
            energy=self.metering.session.energy,
            duration=self.metering.clock.minutes,
            range_miles=session.range_miles if session else None,
            cost=session.cost if session else None,
        )
        flowing = self.metering.flow.flowing
        self._watch, events = observe(self._watch, status, figures, flowing=flowing, now=now, interval=interval)
        self._untold.extend(events)
        if status.connected is False:
            return
        was_active, self._active = self._active, self.metering.flow.flowing or session_active(status)
        if (was_active and self._active is False) or any(event.kind in SESSION_ENDS for event in events):
            self._session_ended_at = now


def _with_known_mode(reading: ModePreference, known: ModePreference | None) -> ModePreference | None:
    """Keep the mode that is known where none is enabled, which means unknown (docs/api.md §6.1)."""
    if reading.selected is not None:
        return reading
    return known and replace(known, storm_active=reading.storm_active)


def _completed(partial: ChargerStatus, known: ChargerStatus | None) -> ChargerStatus:
    """Lay the four fields of the keyed status shape over what is known (docs/api.md §4.4)."""
    if known is None:
        return partial
    return replace(
        known,
        connected=partial.connected,
        plugged_in=partial.plugged_in,
        charging=partial.charging,
        reported_at=partial.reported_at,
    )
