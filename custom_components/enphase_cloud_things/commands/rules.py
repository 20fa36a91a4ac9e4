"""The life of a command: sent, then pending until a read shows what became of it.

An accepted command is only queued. Its effect is told by a read that *began* after the
cloud had acknowledged the write: an earlier one may still carry the old state and
neither confirms nor reverts (docs/api.md §5.6). A command that shows nothing until its
deadline has had no effect; nothing is ever sent again by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..chargers.amps import given_level
from ..chargers.configuration import APP_AUTHENTICATION_KEY, app_authentication, default_charge_level, setting
from ..chargers.status import (
    ChargerState,
    charger_state,
    finishing,
    leading_connector,
    of_connector,
    session_active,
    session_goes_on,
)
from ..enlighten.models.chargers import ChargerStatus, ConnectorState
from ..enlighten.models.modes import ChargeMode, ConfigurationValue, GreenSettings, ModePreference

COMMAND_LIFETIME: Final = timedelta(seconds=90)
RESTART_PAUSE: Final = timedelta(seconds=30)

# The cloud shows the old state for several polls. Until then a pause says nothing about
# a start, an idle charger nothing about a stop that overtook a start, and a session that
# is at its end may still become idle.
SHOWING_DELAY: Final = timedelta(seconds=20)

READ_OFFSETS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 10, 20))


class CommandKind(StrEnum):
    """What was asked for."""

    START = "start"
    STOP = "stop"
    AMPS_RESTART = "amps_restart"
    MODE = "mode"
    USE_BATTERY = "use_battery"
    APP_AUTHENTICATION = "app_authentication"
    DEFAULT_LEVEL = "default_level"


class CommandState(StrEnum):
    """What became of it. Everything but `PENDING` is final.

    `WAITING` is a start that was taken, but whose charging waits for sun, for its
    schedule or for somebody to identify themselves: neither an effect nor a failure.
    """

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    REJECTED = "rejected"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"


type Wish = ChargeMode | bool | int | None
type Reading = ChargerStatus | ModePreference | GreenSettings | Sequence[ConfigurationValue]

AUTHENTICATION: Final = "authentication"

CHARGING_COMMANDS: Final = frozenset({CommandKind.START, CommandKind.STOP, CommandKind.AMPS_RESTART})
_STARTS: Final = frozenset({CommandKind.START, CommandKind.AMPS_RESTART})
_WAITING_MODES: Final = frozenset({ChargeMode.GREEN, ChargeMode.SMART, ChargeMode.SCHEDULED})
_LIFETIMES: Final[Mapping[CommandKind, timedelta]] = {
    CommandKind.AMPS_RESTART: COMMAND_LIFETIME + RESTART_PAUSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCommand:
    """One command to one charger, from sending it to knowing its outcome.

    `wish` is what the state should become: a mode, a switch position or A. `connector_id`
    is the connector it is about, `None` for the charger as a whole. Reads that began
    before `evidence_from` say nothing about it; it is unset until the cloud has
    acknowledged the command. `reason` says in a word what kept it from its effect.
    """

    kind: CommandKind
    serial: str = field(repr=False)
    sent_at: datetime
    deadline: datetime
    wish: Wish = None
    connector_id: int | None = None
    acknowledged_at: datetime | None = None
    evidence_delay: timedelta = timedelta()
    state: CommandState = CommandState.PENDING
    reason: str | None = None
    settled_at: datetime | None = None

    @property
    def identity(self) -> tuple[str, CommandKind, datetime]:
        """What stays the same from sending the command to its outcome."""
        return (self.serial, self.kind, self.sent_at)

    @property
    def is_open(self) -> bool:
        """Whether the outcome is still to come."""
        return self.state is CommandState.PENDING

    @property
    def evidence_from(self) -> datetime | None:
        """From when on a read may begin to count as evidence."""
        if self.acknowledged_at is None:
            return None
        return self.acknowledged_at + self.evidence_delay


def new_command(
    kind: CommandKind, serial: str, *, sent_at: datetime, wish: Wish = None, connector_id: int | None = None
) -> PendingCommand:
    """Return a command as it is being sent. A restart's deadline allows for its pause."""
    deadline = sent_at + _LIFETIMES.get(kind, COMMAND_LIFETIME)
    return PendingCommand(
        kind=kind, serial=serial, wish=wish, connector_id=connector_id, sent_at=sent_at, deadline=deadline
    )


def submit(commands: Iterable[PendingCommand], new: PendingCommand) -> tuple[PendingCommand, ...]:
    """Return the commands with a new one added, which supersedes what it contradicts.

    The newest wish wins; a stop cancels a pending start or restart. Only a restart,
    which nobody asked for by itself, never overrules a stop.
    """
    existing = tuple(commands)
    rivals = [c for c in existing if c.is_open and _same_matter(c, new)]
    kinds = {rival.kind for rival in rivals}
    if new.kind is CommandKind.AMPS_RESTART and CommandKind.STOP in kinds:
        return *existing, _supersede(new, by=CommandKind.STOP, at=new.sent_at)
    is_stop_after_start = new.kind is CommandKind.STOP and kinds & _STARTS
    is_start_after_stop = new.kind in _STARTS and CommandKind.STOP in kinds
    if is_stop_after_start or is_start_after_stop:
        # The state from before the overtaken command looks like the effect of the new one
        new = replace(new, evidence_delay=SHOWING_DELAY)
    return (
        *(_supersede(c, by=new.kind, at=new.sent_at) if c in rivals else c for c in existing),
        new,
    )


def acknowledge(command: PendingCommand, at: datetime) -> PendingCommand:
    """Note when the cloud's answer to the write arrived.

    Of a restart this is the answer to its start. A write whose outcome is unknown is
    acknowledged, too, when that is known: the reads after it tell.
    """
    return replace(command, acknowledged_at=at) if command.is_open else command


def ask_for(command: PendingCommand, wish: Wish) -> PendingCommand:
    """Change what a command is for, as the setpoint may change in the pause of a restart."""
    return replace(command, wish=wish) if command.is_open else command


def reject(command: PendingCommand, reason: str | None, at: datetime) -> PendingCommand:
    """Note that the cloud refused the command."""
    if not command.is_open:
        return command
    return replace(command, state=CommandState.REJECTED, reason=reason, settled_at=at)


def settle(
    command: PendingCommand,
    reading: Reading,
    *,
    read_started_at: datetime,
    now: datetime,
    mode: ChargeMode | None = None,
    authentication_required: bool = False,
) -> PendingCommand:
    """Return the command in the light of a reading of its charger.

    Readings of another part leave it as it is. `mode` is the stored preference and
    `authentication_required` the charger's setting, both as far as known: they tell a
    start that waits from one without effect.
    """
    evidence_from = command.evidence_from
    if command.is_open and evidence_from is not None and evidence_from <= read_started_at < command.deadline:
        if not isinstance(reading, ChargerStatus):
            command = _judge_setting(command, reading, now)
        elif reading.serial == command.serial and reading.connected is not False:
            reading = of_connector(reading, command.connector_id)
            shows_by_now = read_started_at >= evidence_from + SHOWING_DELAY
            command = _judge_status(command, reading, now, shows_by_now=shows_by_now)
            if command.is_open and shows_by_now:
                waiting_for = _waiting_for(reading, mode, authentication_required)
                command = _wait(command, waiting_for, now)
    return expire(command, now)


def expire(command: PendingCommand, now: datetime) -> PendingCommand:
    """Return the command, without effect if its deadline has passed."""
    if not command.is_open or now < command.deadline:
        return command
    return replace(command, state=CommandState.NO_EFFECT, settled_at=now)


def next_read_at(commands: Iterable[PendingCommand], now: datetime) -> datetime | None:
    """Return when the next read for a confirmation is wanted.

    That is 1, 5, 10 and 20 s after an acknowledgement; after that, and before any, the
    fast interval does and the result is `None`.
    """
    moments = [
        command.acknowledged_at + offset
        for command in commands
        if command.is_open and command.acknowledged_at is not None
        for offset in READ_OFFSETS
    ]
    return min((moment for moment in moments if moment > now), default=None)


def _same_matter(one: PendingCommand, other: PendingCommand) -> bool:
    if one.serial != other.serial:
        return False
    return one.kind is other.kind or {one.kind, other.kind} <= CHARGING_COMMANDS


def _supersede(command: PendingCommand, *, by: CommandKind, at: datetime) -> PendingCommand:
    return replace(command, state=CommandState.SUPERSEDED, reason=by.value, settled_at=at)


def _judge_status(
    command: PendingCommand, status: ChargerStatus, now: datetime, *, shows_by_now: bool
) -> PendingCommand:
    if not command.is_open or command.kind not in CHARGING_COMMANDS:
        return command
    if command.kind is CommandKind.STOP:
        as_wished = session_active(status) is False or (shows_by_now and finishing(status))
    else:
        as_wished = _is_started(command, status)
    if as_wished:
        return _confirm(command, now)
    state = charger_state(status)
    return replace(command, reason=_connector_reason(status) or (state and state.value))


def _is_started(command: PendingCommand, status: ChargerStatus) -> bool:
    if not session_goes_on(status):
        return False
    return command.kind is CommandKind.START or given_level(status) in {None, command.wish}


def _judge_setting(
    command: PendingCommand,
    reading: ModePreference | GreenSettings | Sequence[ConfigurationValue],
    now: datetime,
) -> PendingCommand:
    values: dict[CommandKind, Wish | str]
    if isinstance(reading, ModePreference):
        values = {CommandKind.MODE: reading.selected}
    elif isinstance(reading, GreenSettings):
        values = {CommandKind.USE_BATTERY: reading.use_battery}
    else:
        values = {CommandKind.DEFAULT_LEVEL: default_charge_level(reading)}
        authentication = setting(reading, APP_AUTHENTICATION_KEY)
        if authentication is not None and not authentication.pending:
            values[CommandKind.APP_AUTHENTICATION] = app_authentication(reading)
    shown = values.get(command.kind)
    return _confirm(command, now) if shown is not None and shown == command.wish else command


def _confirm(command: PendingCommand, now: datetime) -> PendingCommand:
    return replace(command, state=CommandState.CONFIRMED, reason=None, settled_at=now)


def _wait(command: PendingCommand, reason: str | None, now: datetime) -> PendingCommand:
    if reason is None or command.kind not in _STARTS:
        return command
    return replace(command, state=CommandState.WAITING, reason=reason, settled_at=now)


def _waiting_for(status: ChargerStatus, mode: ChargeMode | None, authentication_required: bool) -> str | None:
    connector = leading_connector(status)
    withheld = connector is not None and connector.state == ConnectorState.SUSPENDED_EVSE
    if withheld and mode in _WAITING_MODES:
        return _connector_reason(status) or mode.name.lower()
    idle = {ChargerState.READY, ChargerState.PAUSED_BY_CHARGER}
    if authentication_required and charger_state(status) in idle:
        return AUTHENTICATION
    return None


def _connector_reason(status: ChargerStatus) -> str | None:
    connector = leading_connector(status)
    return (connector.reason or "").lower() or None if connector else None
