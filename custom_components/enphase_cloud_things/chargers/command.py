"""The life of a command: pending, then accepted by the cloud, then whatever a read shows of it.

An accepted command is only queued. Its effect is shown by a read that *began* after the cloud had accepted the
command: an earlier one may still carry the old state and neither confirms nor reverts (docs/api.md §5.6). A command
that shows nothing until its deadline had no effect; nothing is ever sent again by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..enlighten.models.chargers import ChargerStatus, ConnectorState
from ..enlighten.models.modes import ChargeMode, ConfigurationValue, GreenSettings, ModePreference
from .polling import Part
from .settings import APP_AUTHENTICATION_KEY, app_authentication, default_charge_level, given_level, setting
from .status import (
    ChargerState,
    charger_state,
    finishing,
    leading_connector,
    of_connector,
    session_active,
    session_goes_on,
)

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


class Outcome(StrEnum):
    """What became of a command. It is open while it is `PENDING` or `ACCEPTED`; everything else is final.

    `WAITING` is a start that was accepted, but whose charging waits for sun, for its schedule or for somebody to
    identify themselves: neither an effect nor a failure. The last three need nothing to be done.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    REJECTED = "rejected"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"
    NOT_PLUGGED_IN = "not_plugged_in"
    NOT_CHARGING = "not_charging"
    ALREADY_CHARGING = "already_charging"


LEVEL_REFUSED: Final = "level_refused"
"""The reason of a start that was carried out without its current, which the charger refuses."""

type Target = ChargeMode | bool | int | None
type Reading = ChargerStatus | ModePreference | GreenSettings | Sequence[ConfigurationValue]

AUTHENTICATION: Final = "authentication"

CHARGING_COMMANDS: Final = frozenset({CommandKind.START, CommandKind.STOP, CommandKind.AMPS_RESTART})
_OPEN: Final = frozenset({Outcome.PENDING, Outcome.ACCEPTED})
_STARTS: Final = frozenset({CommandKind.START, CommandKind.AMPS_RESTART})
_WAITING_MODES: Final = frozenset({ChargeMode.GREEN, ChargeMode.SMART, ChargeMode.SCHEDULED})
_EVIDENCE: Final[Mapping[CommandKind, Part]] = {
    CommandKind.MODE: Part.MODE,
    CommandKind.USE_BATTERY: Part.GREEN,
    CommandKind.APP_AUTHENTICATION: Part.CONFIGURATION,
    CommandKind.DEFAULT_LEVEL: Part.CONFIGURATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command to one charger, from the request to its outcome.

    `target` is what the state should become: a mode, a switch
    position or A. `connector_id` is the connector it is about, `None` for the charger as a whole. Reads that began
    less than `evidence_delay` after `accepted_at` say nothing about it. `reason` says in a word what kept it from its
    effect.
    """

    kind: CommandKind
    asked_at: datetime
    deadline: datetime
    target: Target = None
    connector_id: int | None = None
    accepted_at: datetime | None = None
    evidence_delay: timedelta = timedelta()
    outcome: Outcome = Outcome.PENDING
    reason: str | None = None
    settled_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the outcome is still to come."""
        return self.outcome in _OPEN

    @property
    def is_under_way(self) -> bool:
        """Whether the cloud has got it, and its effect is still to come. A restart has begun with its stop."""
        return self.is_open and (self.accepted_at is not None or self.kind is CommandKind.AMPS_RESTART)

    @property
    def evidence_from(self) -> datetime | None:
        """From when on a read may begin to count as evidence."""
        return self.accepted_at + self.evidence_delay if self.accepted_at else None

    @property
    def shown_by(self) -> Part | None:
        """What to read, beside the status, for the effect."""
        return _EVIDENCE.get(self.kind)


def new_command(
    kind: CommandKind, *, asked_at: datetime, target: Target = None, connector_id: int | None = None
) -> Command:
    """Return a command as it is asked for. A restart may take its pause before it is accepted."""
    lifetime = COMMAND_LIFETIME + RESTART_PAUSE if kind is CommandKind.AMPS_RESTART else COMMAND_LIFETIME
    return Command(
        kind=kind,
        target=target,
        connector_id=connector_id,
        asked_at=asked_at,
        deadline=asked_at + lifetime,
    )


def add(commands: Iterable[Command], new: Command) -> tuple[Command, ...]:
    """Return the commands with a new one added, which supersedes what it contradicts.

    The newest one wins; a stop cancels a start or restart that is open. Only a restart, which nobody asked for by
    itself, never overrules a stop.
    """
    existing = tuple(commands)
    rivals = [c for c in existing if c.is_open and _same_matter(c, new)]
    kinds = {rival.kind for rival in rivals}
    if new.kind is CommandKind.AMPS_RESTART and CommandKind.STOP in kinds:
        return *existing, settle(new, Outcome.SUPERSEDED, new.asked_at, reason=CommandKind.STOP)
    is_stop_after_start = new.kind is CommandKind.STOP and kinds & _STARTS
    is_start_after_stop = new.kind in _STARTS and CommandKind.STOP in kinds
    if is_stop_after_start or is_start_after_stop:
        # The state from before the overtaken command looks like the effect of the new one
        new = replace(new, evidence_delay=SHOWING_DELAY)
    return (
        *(settle(c, Outcome.SUPERSEDED, new.asked_at, reason=new.kind) if c in rivals else c for c in existing),
        new,
    )


def accept(command: Command, at: datetime) -> Command:
    """Note when the cloud answered the command, of a restart when it answered the start.

    A command whose outcome is unknown counts as accepted when that is known: the reads after it tell.
    """
    if not command.is_open:
        return command
    return replace(command, outcome=Outcome.ACCEPTED, accepted_at=at, deadline=at + COMMAND_LIFETIME)


def settle(command: Command, outcome: Outcome, at: datetime, *, reason: str | None = None) -> Command:
    """Note the final outcome of a command that is open."""
    return replace(command, outcome=outcome, reason=reason, settled_at=at) if command.is_open else command


def judge(
    command: Command,
    reading: Reading,
    *,
    began: datetime,
    now: datetime,
    mode: ChargeMode | None = None,
    authentication_required: bool = False,
) -> Command:
    """Return the command in the light of a reading of its charger that `began` then.

    Readings of another part leave it as it is. `mode` is the stored preference and `authentication_required` the
    charger's setting, both as far as known: they tell a start that waits from one without effect.
    """
    evidence_from = command.evidence_from
    if command.is_open and evidence_from is not None and evidence_from <= began < command.deadline:
        if not isinstance(reading, ChargerStatus):
            command = _judge_setting(command, reading, now)
        elif reading.connected is not False:
            reading = of_connector(reading, command.connector_id)
            shows_by_now = began >= evidence_from + SHOWING_DELAY
            command = _judge_status(command, reading, now, shows_by_now=shows_by_now)
            waiting_for = _waiting_for(reading, mode, authentication_required)
            if command.kind in _STARTS and shows_by_now and waiting_for:
                command = settle(command, Outcome.WAITING, now, reason=waiting_for)
    return expire(command, now)


def expire(command: Command, now: datetime) -> Command:
    """Return the command, without effect if its deadline has passed."""
    return command if now < command.deadline else settle(command, Outcome.NO_EFFECT, now, reason=command.reason)


def next_read_at(commands: Iterable[Command], now: datetime) -> datetime | None:
    """Return when the next read for a confirmation is wanted.

    That is 1, 5, 10 and 20 s after a command was accepted; after that, and before any, the fast interval does and the
    result is `None`.
    """
    moments = [
        command.accepted_at + offset
        for command in commands
        if command.is_open and command.accepted_at is not None
        for offset in READ_OFFSETS
    ]
    return min((moment for moment in moments if moment > now), default=None)


def _same_matter(one: Command, other: Command) -> bool:
    return one.kind is other.kind or {one.kind, other.kind} <= CHARGING_COMMANDS


def _judge_status(command: Command, status: ChargerStatus, now: datetime, *, shows_by_now: bool) -> Command:
    if command.kind not in CHARGING_COMMANDS:
        return command
    if command.kind is CommandKind.STOP:
        has_effect = session_active(status) is False or (shows_by_now and finishing(status))
    else:
        has_effect = _is_started(command, status)
    if has_effect:
        reason = command.reason if command.reason == LEVEL_REFUSED else None
        return settle(command, Outcome.CONFIRMED, now, reason=reason)
    state = charger_state(status)
    if command.reason == LEVEL_REFUSED:
        return command
    return replace(command, reason=_connector_reason(status) or (state and state.value))


def _is_started(command: Command, status: ChargerStatus) -> bool:
    if not session_goes_on(status):
        return False
    return command.kind is CommandKind.START or given_level(status) in {None, command.target}


def _judge_setting(
    command: Command, reading: ModePreference | GreenSettings | Sequence[ConfigurationValue], now: datetime
) -> Command:
    values: dict[CommandKind, Target | str]
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
    return settle(command, Outcome.CONFIRMED, now) if shown is not None and shown == command.target else command


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
