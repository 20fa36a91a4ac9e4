"""One charger: what was read, derived and remembered of it, its open commands, and what entities see of all that."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
import logging
from typing import Any, Final

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
from .command import (
    AUTHENTICATION,
    CHARGING_COMMANDS,
    Command,
    CommandKind,
    Outcome,
    Reading,
    Target,
    accept,
    add,
    expire,
    judge,
    new_command,
    next_read_at,
    settle,
)
from .metering import Counters, Measurements, Metering, Setting, advance_by_status, advance_by_summary, measurements
from .polling import Part
from .sessions import SessionEvent, SessionEventType, SessionFigures, SessionWatch, confirm_stop, observe
from .settings import amps_bounds, authentication_required, may_be_controlled, start_level
from .status import ChargerState, Circumstances, charger_state, plugged_in, preferred_mode, session_active

_LOGGER = logging.getLogger(__name__)

ANSWERS_BEFORE_ABSENT: Final = 3
"""A healthy account sometimes leaves a charger out of an answer (docs/api.md §4.7)."""

MOST_UNTOLD: Final = 16
"""Session events that are kept until the event entity asks for them; it may be disabled."""

SESSION_ENDS: Final = frozenset({SessionEventType.STOPPED, SessionEventType.FINISHED, SessionEventType.UNPLUGGED})


class Superseded(Exception):
    """A stop has taken the place of a command that was still to be sent or answered."""


class Followed:
    """A command that is followed to its outcome: `now` is the command as it stands, `settled` is done at its end.

    `supersedes` are the kinds of the commands whose place it has taken, `context` says who asked for it.
    """

    def __init__(
        self,
        command: Command,
        *,
        context: Context | None,
        supersedes: frozenset[CommandKind],
        work: set[asyncio.Future[Any]],
    ) -> None:
        self.now = command
        self.context: Final = context
        self.supersedes: Final = supersedes
        self._work = work
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.become(command)

    def become(self, command: Command) -> None:
        """Take the next version of the command."""
        self.now = command
        if not command.is_open and not self.settled.done():
            self.settled.set_result(None)

    def accept(self, at: datetime) -> None:
        """Note when the cloud accepted the command."""
        self.become(accept(self.now, at))

    def settle(self, outcome: Outcome, at: datetime, *, reason: str | None = None) -> None:
        """Note what became of the command, unless that is known already."""
        self.become(settle(self.now, outcome, at, reason=reason))

    def retarget(self, target: Target, *, reason: str | None = None) -> None:
        """Note that what the command is for has changed on its way, as the setpoint may in the pause of a restart."""
        if self.now.is_open:
            self.become(replace(self.now, target=target, reason=reason))

    async def wait(self, seconds: float) -> Command:
        """Wait for the outcome for at most some seconds, and return the command as it stands then."""
        if seconds:
            await asyncio.wait([self.settled], timeout=seconds)
        return self.now

    async def unless_stopped[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work for the command gives; a stop that somebody asks for meanwhile ends the work.

        Raises:
            Superseded: a stop came first.
        """
        # What can be sent at once is on the wire before anything else is done
        task = asyncio.create_task(work, eager_start=True)
        self._work.add(task)
        try:
            await asyncio.wait([task])
            if task.cancelled():
                raise Superseded
            return task.result()
        finally:
            self._work.discard(task)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])


class OpenCommands:
    """Keeps the open commands of a charger and judges them by what is read."""

    def __init__(self) -> None:
        self._followed: tuple[Followed, ...] = ()
        self._last: Command | None = None
        # What a stop ends: sending a command, and looking and waiting before that
        self._work: set[asyncio.Future[Any]] = set()

    @property
    def all(self) -> tuple[Command, ...]:
        """The commands whose outcome is still to come, in the order of their requests."""
        return tuple(each.now for each in self._followed if each.now.is_open)

    @property
    def newest(self) -> Followed | None:
        """The open command that was asked for last."""
        return next((each for each in reversed(self._followed) if each.now.is_open), None)

    @property
    def chosen_mode(self) -> ChargeMode | None:
        """The mode that was chosen last and has still to show: a start finds the charger in it."""
        return next((each.target for each in reversed(self.all) if isinstance(each.target, ChargeMode)), None)

    @property
    def last(self) -> Command | None:
        """The start, stop or restart that was settled last."""
        settled = [each.now for each in self._followed if not each.now.is_open and each.now.kind in CHARGING_COMMANDS]
        return max(settled, key=lambda each: each.settled_at or each.asked_at, default=self._last)

    def begin(
        self,
        kind: CommandKind,
        *,
        now: datetime,
        target: Target = None,
        connector_id: int | None = None,
        context: Context | None = None,
    ) -> Followed:
        """Take a command that somebody asks for; it supersedes at once what it contradicts."""
        *existing, new = add(self.all, new_command(kind, asked_at=now, target=target, connector_id=connector_id))
        superseded = self._replace(existing)
        if kind is CommandKind.STOP:
            for work in self._work:
                work.cancel()
        followed = Followed(
            new,
            context=context,
            supersedes=frozenset(each.now.kind for each in superseded),
            work=self._work,
        )
        self._followed += (followed,)
        return followed

    def judge(
        self,
        reading: Reading,
        *,
        began: datetime,
        now: datetime,
        mode: ChargeMode | None,
        authentication_required: bool,
    ) -> tuple[Followed, ...]:
        """Hold all commands against a reading (see `command.judge`) and return those that it settles."""
        return self._replace(
            judge(each, reading, began=began, now=now, mode=mode, authentication_required=authentication_required)
            for each in self.all
        )

    def expire(self, now: datetime) -> None:
        """Give up on commands that have shown nothing until their deadline."""
        self._replace(expire(each, now) for each in self.all)

    def wanted_parts(self) -> set[Part]:
        """Return what to read, beside the status, for the effect of accepted commands."""
        return {each.shown_by for each in self.all if each.accepted_at is not None and each.shown_by is not None}

    def next_read_at(self, now: datetime) -> datetime | None:
        """Return when a read is most likely to show an outcome."""
        return next_read_at(commands, now) if (commands := self.all) else None

    def _replace(self, commands: Iterable[Command]) -> tuple[Followed, ...]:
        """Take the next version of each open command and return those that are settled by it."""
        commands, self._last = tuple(commands), self.last
        self._followed = tuple(each for each in self._followed if each.now.is_open)
        for followed, command in zip(self._followed, commands, strict=True):
            followed.become(command)
        return tuple(each for each in self._followed if not each.now.is_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSnapshot:
    """One charger: its latest readings, each from its own endpoint, and the commands whose outcome is still open.

    A reading that failed keeps its last value. `present` is false once the charger has been missing from several
    complete status answers in a row; it is `gone` if the metadata read after that does not list it either. `mode` is
    the charge mode that a person chose, from the best source there is. `setpoint` is the current (A) that the next
    start will ask for. `flowing` is the judgement whether energy flows, `stopped` says that a confirmed stop is why a
    car that is plugged in draws nothing, `unauthorized` that an accepted start waits for somebody to identify
    themselves.
    `session_ended_at` is when the last session was seen to end, `None` if none has since the start of Home Assistant.
    """

    serial: str = field(repr=False)
    present: bool
    gone: bool = False
    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    schedule: Schedule | None = None
    firmware: FirmwareDetails | None = None
    mode: ChargeMode | None = None
    measurements: Measurements = field(default_factory=Measurements)
    pending: tuple[Command, ...] = ()
    last_command: Command | None = None
    cause: Context | None = field(default=None, compare=False, repr=False)
    setpoint: int | None = None
    flowing: bool | None = None
    stopped: bool = False
    unauthorized: bool = False
    session_ended_at: datetime | None = None

    @property
    def given_name(self) -> str | None:
        """The name that the owner gave the charger, as far as the cloud told it."""
        return given_name(self.status, self.summary)

    @property
    def under_way(self) -> CommandKind | None:
        """The start or stop whose outcome is still to come."""
        return next((each.kind for each in self.pending if each.kind in CHARGING_COMMANDS), None)

    @property
    def state(self) -> ChargerState | None:
        """The one word for what the charger is doing."""
        if self.status is None:
            return None
        under_way = self.under_way
        return charger_state(
            self.status,
            Circumstances(
                flowing=self.flowing,
                starting=under_way is not None and under_way is not CommandKind.STOP,
                stopping=under_way is CommandKind.STOP,
                stopped=self.stopped,
                unauthorized=self.unauthorized,
                preference=self.mode,
            ),
        )

    @property
    def session_active(self) -> bool | None:
        """Whether a session runs: energy flows, or the charger says so."""
        if self.status is None:
            return None
        return self.flowing or session_active(self.status)

    @property
    def name(self) -> str:
        """What people call the charger."""
        return self.given_name or nameless(self.serial)


def given_name(status: ChargerStatus | None, summary: ChargerSummary | None) -> str | None:
    """Return the name that the owner gave the charger, as far as the cloud told it."""
    return (summary and summary.name) or (status and status.name) or None


def nameless(serial: str) -> str:
    """Return what to call a charger without a name: enough of its serial to tell it from its neighbours, no more."""
    return f"IQ EV Charger {serial[-4:]}"


def _no_price(_moment: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCharger:
    """What a restart has to remember of one charger (see `Charger`).

    `watch` is the state that the next session event is told from.
    """

    counters: Counters = field(default_factory=Counters)
    chosen_amps: int | None = None
    refused_levels: tuple[int, ...] = ()
    restarted_at: datetime | None = None
    watch: SessionWatch = field(default_factory=SessionWatch)


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

    def __init__(self, serial: str, *, nominal_voltage: int, zone: tzinfo, stored: StoredCharger | None = None) -> None:
        stored = stored or StoredCharger()
        self.serial = serial
        self.zone = zone
        self.commands = OpenCommands()
        self.turn = asyncio.Lock()
        self.chosen_amps = stored.chosen_amps
        self.refused_levels = set(stored.refused_levels)
        self.restarted_at = stored.restarted_at
        self.mode_chosen_at: datetime | None = None
        self._nominal_voltage = nominal_voltage
        self.metering = Metering(counters=stored.counters)
        self._watch = stored.watch
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
        return StoredCharger(
            counters=self.metering.counters,
            chosen_amps=self.chosen_amps,
            refused_levels=tuple(sorted(self.refused_levels)),
            restarted_at=self.restarted_at,
            watch=self._watch,
        )

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
        return may_be_controlled(self.summary)

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
        epoch = self.metering.counters.lifetime.epoch
        self.metering = advance_by_summary(
            self.metering, summary, status=self.status, setting=self._setting, now=now, zone=self.zone
        )
        if self.metering.counters.lifetime.epoch != epoch:
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
            started_at=self.metering.counters.session.started_at,
            plugged_in_at=session.plugged_in_at if session else None,
            energy=self.metering.counters.session.energy,
            duration=self.metering.counters.clock.minutes,
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
