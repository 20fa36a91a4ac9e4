"""The life of a command, from sending it to knowing its outcome."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.command import (
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
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, ChargingSession, Connector
from custom_components.enphase_cloud_things.enlighten.models.modes import (
    ChargeMode,
    ConfigurationValue,
    GreenSettings,
    ModePreference,
)

SERIAL = "202640011873"
SENT = datetime(2026, 11, 10, 7, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KINDS = list(CommandKind)
CHARGING_KINDS = (CommandKind.START, CommandKind.STOP, CommandKind.AMPS_RESTART)


def command(kind: CommandKind, target: Target = None, *, accepted: int | None = 0) -> Command:
    new = new_command(kind, asked_at=SENT, target=target)
    if accepted is None:
        return new
    return accept(new, SENT + accepted * SECOND)


def status(
    state: str | None,
    *,
    reason: str | None = None,
    level: int | None = None,
    connected: bool = True,
    serial: str = SERIAL,
    plugged: bool = True,
) -> ChargerStatus:
    return ChargerStatus(
        serial=serial,
        connected=connected,
        plugged_in=plugged,
        charging=state == "CHARGING",
        session=ChargingSession(charge_level=level),
        connectors=(Connector(state=state, reason=reason),),
    )


def judged(
    pending: Command,
    reading: Reading,
    *,
    after: int = 1,
    mode: ChargeMode | None = None,
    authentication_required: bool = False,
) -> Command:
    at = SENT + after * SECOND
    return judge(
        pending,
        reading,
        began=at,
        now=at + SECOND,
        mode=mode,
        authentication_required=authentication_required,
    )


CONFIRMATIONS: list[tuple[CommandKind, Target, Reading]] = [
    (CommandKind.START, 16, status("CHARGING")),
    (CommandKind.START, None, status("SUSPENDED")),
    (CommandKind.START, None, status("SUSPENDED_EV")),
    (CommandKind.STOP, None, status("AVAILABLE")),
    (CommandKind.STOP, None, status("PREPARING")),
    (CommandKind.STOP, None, status("SUSPENDED_EVSE")),
    (CommandKind.STOP, None, status("FAULTED")),
    (CommandKind.AMPS_RESTART, 16, status("CHARGING", level=16)),
    (CommandKind.AMPS_RESTART, 16, status("CHARGING")),
    (CommandKind.MODE, ChargeMode.GREEN, ModePreference(selected="GREEN_CHARGING")),
    (CommandKind.USE_BATTERY, True, GreenSettings(use_battery=True)),
    (CommandKind.USE_BATTERY, False, GreenSettings(use_battery=False)),
    (
        CommandKind.APP_AUTHENTICATION,
        True,
        (ConfigurationValue(key="sessionAuthentication", value="enabled"),),
    ),
    (
        CommandKind.APP_AUTHENTICATION,
        False,
        (ConfigurationValue(key="sessionAuthentication", value=None),),
    ),
    (
        CommandKind.DEFAULT_LEVEL,
        24,
        (ConfigurationValue(key="DefaultChargeLevel", value="24", pending=True),),
    ),
]

NON_CONFIRMATIONS: list[tuple[CommandKind, Target, Reading]] = [
    (CommandKind.START, 16, status("PREPARING")),
    (CommandKind.START, 16, status("SUSPENDED_EVSE")),
    (CommandKind.START, 16, status("OCCUPIED")),
    (CommandKind.START, 16, status("CHARGING", connected=False)),
    (CommandKind.START, 16, status("FINISHING")),
    (CommandKind.STOP, None, status("CHARGING")),
    (CommandKind.STOP, None, status("FINISHING")),
    (CommandKind.STOP, None, status("SUSPENDED_EV")),
    (CommandKind.STOP, None, status("AVAILABLE", connected=False)),
    (CommandKind.STOP, None, ChargerStatus(serial=SERIAL)),
    (CommandKind.AMPS_RESTART, 16, status("CHARGING", level=32)),
    (CommandKind.AMPS_RESTART, 16, status("SUSPENDED_EVSE", level=16)),
    (CommandKind.AMPS_RESTART, 16, status("FINISHING", level=16)),
    (CommandKind.MODE, ChargeMode.GREEN, ModePreference(selected="MANUAL_CHARGING")),
    (CommandKind.MODE, ChargeMode.GREEN, ModePreference()),
    (CommandKind.MODE, ChargeMode.GREEN, status("CHARGING")),
    (CommandKind.USE_BATTERY, False, GreenSettings()),
    (CommandKind.USE_BATTERY, True, GreenSettings(use_battery=False)),
    (
        CommandKind.APP_AUTHENTICATION,
        False,
        (
            ConfigurationValue(
                key="sessionAuthentication",
                value="disabled",
                pending=True,
            ),
        ),
    ),
    (CommandKind.APP_AUTHENTICATION, True, ()),
    (CommandKind.DEFAULT_LEVEL, 24, ()),
    (
        CommandKind.DEFAULT_LEVEL,
        24,
        (ConfigurationValue(key="DefaultChargeLevel", value=None),),
    ),
    (CommandKind.START, 16, ModePreference(selected="GREEN_CHARGING")),
]


@pytest.mark.parametrize(("kind", "target", "reading"), CONFIRMATIONS)
def test_a_later_read_that_shows_the_effect_confirms(kind: CommandKind, target: Target, reading: Reading) -> None:
    settled = judged(command(kind, target), reading)
    assert settled.outcome is Outcome.CONFIRMED
    assert settled.settled_at == SENT + 2 * SECOND


@pytest.mark.parametrize(("kind", "target", "reading"), NON_CONFIRMATIONS)
def test_a_read_that_does_not_show_the_effect_leaves_the_command_pending(
    kind: CommandKind, target: Target, reading: Reading
) -> None:
    assert judged(command(kind, target), reading).is_open


@pytest.mark.parametrize(("kind", "target", "reading"), CONFIRMATIONS)
def test_a_read_that_began_before_the_acceptance_confirms_nothing(
    kind: CommandKind, target: Target, reading: Reading
) -> None:
    """Trap 44: such a read may have been answered before the write was."""
    pending = command(kind, target, accepted=5)
    assert judged(pending, reading, after=4) == pending


@pytest.mark.parametrize(("kind", "target", "reading"), CONFIRMATIONS)
def test_nothing_is_confirmed_before_the_acceptance(kind: CommandKind, target: Target, reading: Reading) -> None:
    pending = command(kind, target, accepted=None)
    assert judged(pending, reading) == pending


@pytest.mark.parametrize(("kind", "target", "reading"), CONFIRMATIONS)
def test_a_read_that_began_with_the_acceptance_counts(kind: CommandKind, target: Target, reading: Reading) -> None:
    pending = command(kind, target, accepted=5)
    assert judged(pending, reading, after=5).outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("kind", "lifetime"),
    [(k, 120 if k is CommandKind.AMPS_RESTART else 90) for k in KINDS],
)
def test_a_command_that_is_never_accepted_ends_at_its_deadline(kind: CommandKind, lifetime: int) -> None:
    pending = command(kind, accepted=None)
    assert expire(pending, SENT + (lifetime - 1) * SECOND).is_open
    ended = expire(pending, SENT + lifetime * SECOND)
    assert ended.outcome is Outcome.NO_EFFECT


@pytest.mark.parametrize("kind", KINDS)
def test_an_accepted_command_without_effect_ends_after_90_seconds(kind: CommandKind) -> None:
    accepted = command(kind, accepted=30)
    assert expire(accepted, SENT + 119 * SECOND).is_open
    assert expire(accepted, SENT + 120 * SECOND).outcome is Outcome.NO_EFFECT


def test_a_read_after_the_deadline_ends_the_command_without_effect() -> None:
    ended = judged(command(CommandKind.START), status("CHARGING"), after=90)
    assert ended.outcome is Outcome.NO_EFFECT


def test_a_read_that_began_before_the_deadline_confirms_after_it() -> None:
    settled = judged(command(CommandKind.START), status("CHARGING"), after=89)
    assert settled.outcome is Outcome.CONFIRMED


def test_a_session_that_stays_at_its_end_is_stopped() -> None:
    """Some chargers show that until the car is unplugged."""
    pending = judged(command(CommandKind.STOP), status("FINISHING"), after=19)
    assert pending.is_open
    assert judged(pending, status("FINISHING"), after=20).outcome is Outcome.CONFIRMED


def test_a_session_that_stays_at_its_end_is_no_start() -> None:
    assert judged(command(CommandKind.START), status("FINISHING"), after=60).is_open


@pytest.mark.parametrize(("connector_id", "is_confirmed"), [(1, True), (2, False), (None, True), (3, True)])
def test_a_start_is_judged_by_its_own_connector(connector_id: int | None, is_confirmed: bool) -> None:
    new = new_command(CommandKind.START, asked_at=SENT, connector_id=connector_id)
    reading = ChargerStatus(
        serial=SERIAL,
        charging=True,
        connectors=(Connector(connector_id=1, state="CHARGING"), Connector(connector_id=2, state="PREPARING")),
    )
    assert judged(accept(new, SENT), reading).is_open is not is_confirmed


def test_a_start_without_effect_says_what_the_charger_said() -> None:
    pending = command(CommandKind.START)
    pending = judged(pending, status("SUSPENDED_EVSE", reason="LOAD_LIMIT"))
    ended = expire(pending, SENT + 90 * SECOND)
    assert (ended.outcome, ended.reason) == (Outcome.NO_EFFECT, "load_limit")


def test_a_stop_without_effect_says_what_the_charger_does() -> None:
    pending = judged(command(CommandKind.STOP), status("CHARGING"))
    assert expire(pending, SENT + 90 * SECOND).reason == "charging"


@pytest.mark.parametrize(
    ("mode", "reason", "expected"),
    [
        (ChargeMode.GREEN, "INSUFFICIENT_SOLAR", "insufficient_solar"),
        (ChargeMode.GREEN, "", "green"),
        (ChargeMode.SMART, None, "smart"),
        (ChargeMode.SCHEDULED, None, "scheduled"),
    ],
)
def test_a_start_that_the_mode_withholds_is_waiting(mode: ChargeMode, reason: str | None, expected: str) -> None:
    reading = status("SUSPENDED_EVSE", reason=reason)
    settled = judged(command(CommandKind.START), reading, after=20, mode=mode)
    assert (settled.outcome, settled.reason) == (Outcome.WAITING, expected)


@pytest.mark.parametrize("mode", [None, ChargeMode.MANUAL])
def test_a_withheld_start_in_manual_mode_stays_pending(mode: ChargeMode | None) -> None:
    reading = status("SUSPENDED_EVSE")
    assert judged(command(CommandKind.START), reading, after=40, mode=mode).is_open


@pytest.mark.parametrize("state", ["PREPARING", "AVAILABLE", "SUSPENDED_EVSE"])
def test_a_start_that_awaits_authentication_is_waiting(state: str) -> None:
    """Trap 37: nothing happens until somebody confirms in the app; that is no failure."""
    settled = judged(
        command(CommandKind.START),
        status(state),
        after=20,
        mode=ChargeMode.MANUAL,
        authentication_required=True,
    )
    assert (settled.outcome, settled.reason) == (Outcome.WAITING, "authentication")


def test_an_unplugged_charger_does_not_wait_for_authentication() -> None:
    reading = status("AVAILABLE", plugged=False)
    pending = command(CommandKind.START)
    assert judged(pending, reading, after=20, authentication_required=True).is_open


def test_a_start_is_not_called_waiting_before_its_effect_could_show() -> None:
    pending = command(CommandKind.START)
    withheld = status("SUSPENDED_EVSE")
    pending = judged(pending, withheld, after=19, mode=ChargeMode.GREEN)
    assert pending.is_open
    assert judged(pending, status("CHARGING"), after=20).outcome is Outcome.CONFIRMED


def test_a_stop_never_waits() -> None:
    pending = judged(
        command(CommandKind.STOP),
        status("CHARGING"),
        after=40,
        mode=ChargeMode.GREEN,
        authentication_required=True,
    )
    assert pending.is_open


def test_a_refused_command_is_rejected_with_its_reason() -> None:
    settled = settle(command(CommandKind.START), Outcome.REJECTED, SENT + SECOND, reason="not_plugged_in")
    assert (settled.outcome, settled.reason) == (Outcome.REJECTED, "not_plugged_in")


# A restart against a stop has a test of its own.
RIVALS = [
    (old, new)
    for old in CHARGING_KINDS
    for new in CHARGING_KINDS
    if (old, new) != (CommandKind.STOP, CommandKind.AMPS_RESTART)
]


@pytest.mark.parametrize(("old", "new"), RIVALS)
def test_of_two_charging_commands_the_newest_wins(old: CommandKind, new: CommandKind) -> None:
    first, second = add([command(old)], command(new))
    assert (first.outcome, first.reason) == (Outcome.SUPERSEDED, new.value)
    assert second.is_open


def test_a_restart_never_overrules_a_pending_stop() -> None:
    """Trap 31: the second half of a restart must not race the user's stop."""
    stop = command(CommandKind.STOP)
    first, second = add([stop], command(CommandKind.AMPS_RESTART, 16))
    assert first == stop
    assert (second.outcome, second.reason) == (Outcome.SUPERSEDED, "stop")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_again_supersedes_the_first(kind: CommandKind) -> None:
    first, second = add([command(kind)], command(kind))
    assert first.outcome is Outcome.SUPERSEDED
    assert second.is_open


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in CHARGING_KINDS])
def test_commands_on_different_matters_leave_each_other_alone(
    kind: CommandKind,
) -> None:
    for other in KINDS:
        if other is not kind:
            first, second = add([command(kind)], command(other))
            assert first.is_open
            assert second.is_open


def test_a_settled_command_is_not_superseded() -> None:
    done = judged(command(CommandKind.START), status("CHARGING"))
    assert add([done], command(CommandKind.STOP))[0] == done


def test_a_stop_that_overtakes_a_start_is_not_confirmed_by_an_idle_charger() -> None:
    start = new_command(CommandKind.START, asked_at=SENT)
    stop = add([start], new_command(CommandKind.STOP, asked_at=SENT))[1]
    stop = accept(stop, SENT)
    idle = status("PREPARING")
    assert judged(stop, idle, after=19).is_open
    assert judged(stop, idle, after=20).outcome is Outcome.CONFIRMED


def test_a_start_that_overtakes_a_stop_is_not_confirmed_by_the_session_that_is_about_to_end() -> None:
    stop = new_command(CommandKind.STOP, asked_at=SENT)
    start = add([stop], new_command(CommandKind.START, asked_at=SENT))[1]
    start = accept(start, SENT)
    charging = status("CHARGING")
    assert judged(start, charging, after=19).is_open
    assert judged(start, charging, after=20).outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("existing", "kind", "reading"),
    [
        ([], CommandKind.STOP, status("PREPARING")),
        ([command(CommandKind.STOP)], CommandKind.STOP, status("PREPARING")),
        ([command(CommandKind.START)], CommandKind.START, status("CHARGING")),
    ],
)
def test_a_command_that_overtakes_nothing_contrary_is_confirmed_at_once(
    existing: list[Command], kind: CommandKind, reading: ChargerStatus
) -> None:
    new = add(existing, new_command(kind, asked_at=SENT))[-1]
    assert judged(accept(new, SENT), reading).outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("at", "expected"),
    [(0, 1), (1, 5), (4.5, 5), (5, 10), (12, 20), (20, None), (60, None)],
)
def test_reads_are_wanted_at_1_5_10_and_20_seconds_after_the_acceptance(at: float, expected: int | None) -> None:
    moment = next_read_at([command(CommandKind.START)], SENT + at * SECOND)
    assert moment == (None if expected is None else SENT + expected * SECOND)


def test_the_earliest_read_of_several_commands_is_wanted() -> None:
    early = command(CommandKind.MODE, ChargeMode.GREEN)
    late = command(CommandKind.START, accepted=3)
    assert next_read_at([early, late], SENT + 3 * SECOND) == SENT + 4 * SECOND


def test_no_read_is_wanted_for_unaccepted_or_settled_commands() -> None:
    waiting = command(CommandKind.STOP, accepted=None)
    done = judged(command(CommandKind.START), status("CHARGING"))
    assert next_read_at([waiting, done], SENT) is None


def test_a_settled_command_is_final() -> None:
    done = judged(command(CommandKind.START), status("CHARGING"))
    later = SENT + 500 * SECOND
    assert accept(done, later) == done
    assert settle(done, Outcome.REJECTED, later, reason="faulted") == done
    assert expire(done, later) == done
    assert judged(done, status("AVAILABLE"), after=30) == done


READINGS = st.sampled_from(
    [reading for _, _, reading in CONFIRMATIONS + NON_CONFIRMATIONS if isinstance(reading, ChargerStatus)]
)


@given(
    kind=st.sampled_from(CHARGING_KINDS),
    accepted=st.none() | st.integers(0, 130),
    reads=st.lists(st.tuples(st.integers(0, 130), READINGS), max_size=12),
    mode=st.none() | st.sampled_from(list(ChargeMode)),
)
def test_every_command_settles_once_and_only_by_evidence_that_counts(
    kind: CommandKind,
    accepted: int | None,
    reads: list[tuple[int, ChargerStatus]],
    mode: ChargeMode | None,
) -> None:
    pending = command(kind, 16, accepted=accepted)
    for after, reading in sorted(reads, key=lambda read: read[0]):
        before = pending
        pending = judged(pending, reading, after=after, mode=mode)
        if before.is_open and pending.outcome is Outcome.CONFIRMED:
            assert accepted is not None
            assert after >= accepted
        if not before.is_open:
            assert pending == before
    assert not expire(pending, SENT + 300 * SECOND).is_open
