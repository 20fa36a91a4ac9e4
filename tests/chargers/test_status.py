"""What a charger is doing, told from its status."""

from itertools import product

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.chargers.status import (
    ChargerState,
    Circumstances,
    charger_state,
    connector_reason,
    connector_status,
    drawing_power,
    effective_mode,
    faulted,
    leading_connector,
    plugged_in,
    preferred_mode,
    session_active,
)
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, Connector, ConnectorState
from custom_components.enphase_cloud_things.enlighten.models.modes import ChargeMode, ModePreference

BOOLEANS = (None, False, True)
UNKNOWN_TYPES = ("OCCUPIED", "SOMETHING_NEW")

# type: (status word, session active, energy flows); None in the first place means
# that the booleans decide
STATES: dict[str, tuple[ChargerState | None, bool, bool]] = {
    "AVAILABLE": (None, False, False),
    "PREPARING": (ChargerState.READY, False, False),
    "CHARGING": (ChargerState.CHARGING, True, True),
    "FINISHING": (ChargerState.FINISHING, True, True),
    "SUSPENDED": (ChargerState.PAUSED_BY_CHARGER, True, False),
    "SUSPENDED_EV": (ChargerState.PAUSED_BY_VEHICLE, True, False),
    "SUSPENDED_EVSE": (ChargerState.PAUSED_BY_CHARGER, False, False),
    "RESERVED": (None, False, False),
    "UNAVAILABLE": (None, False, False),
    "FAULTED": (ChargerState.FAULTED, False, False),
}


def charger(
    *states: str | None,
    connected: bool | None = True,
    plugged: bool | None = None,
    charging: bool | None = None,
    fault: bool | None = None,
    mode: int | None = None,
    schedule: str | None = None,
) -> ChargerStatus:
    return ChargerStatus(
        serial="202640011873",
        connected=connected,
        plugged_in=plugged,
        charging=charging,
        faulted=fault,
        mode=mode,
        active_schedule=schedule,
        connectors=tuple(Connector(connector_id=number, state=state) for number, state in enumerate(states, start=1)),
    )


def test_the_table_names_every_known_connector_type() -> None:
    assert set(STATES) == {state.value for state in ConnectorState}


@pytest.mark.parametrize("state", STATES)
def test_a_known_type_decides_over_every_combination_of_booleans(state: str) -> None:
    """Trap 42: the `charging` boolean stays true in pauses and must not win."""
    word, active, drawing = STATES[state]
    for plugged, charging in product(BOOLEANS, BOOLEANS):
        status = charger(state, plugged=plugged, charging=charging)
        assert session_active(status) is active
        assert drawing_power(status) is drawing
        assert connector_status(status) == state.lower()
        if word is not None:
            assert charger_state(status) is word


@pytest.mark.parametrize(
    ("state", "plugged", "expected"),
    [
        ("AVAILABLE", True, ChargerState.READY),
        ("AVAILABLE", False, ChargerState.UNPLUGGED),
        ("AVAILABLE", None, ChargerState.UNPLUGGED),
        ("RESERVED", True, ChargerState.READY),
        ("RESERVED", False, ChargerState.UNPLUGGED),
        ("RESERVED", None, None),
        ("UNAVAILABLE", True, ChargerState.READY),
        ("UNAVAILABLE", False, ChargerState.UNPLUGGED),
        ("UNAVAILABLE", None, None),
    ],
)
def test_the_plug_decides_where_an_idle_type_leaves_it_open(
    state: str, plugged: bool | None, expected: ChargerState | None
) -> None:
    for charging in BOOLEANS:
        assert charger_state(charger(state, plugged=plugged, charging=charging)) is (expected)


@pytest.mark.parametrize("states", [(), (None,), *((t,) for t in UNKNOWN_TYPES)])
@pytest.mark.parametrize(
    ("plugged", "charging", "expected"),
    [
        (None, None, None),
        (False, None, ChargerState.UNPLUGGED),
        (True, None, ChargerState.READY),
        (None, False, None),
        (False, False, ChargerState.UNPLUGGED),
        (True, False, ChargerState.READY),
        (None, True, ChargerState.CHARGING),
        (False, True, ChargerState.CHARGING),
        (True, True, ChargerState.CHARGING),
    ],
)
def test_without_a_known_type_the_booleans_give_the_word(
    states: tuple[str | None, ...],
    plugged: bool | None,
    charging: bool | None,
    expected: ChargerState | None,
) -> None:
    status = charger(*states, plugged=plugged, charging=charging)
    assert charger_state(status) is expected


@pytest.mark.parametrize("states", [(), (None,), (None, None)])
@pytest.mark.parametrize("charging", BOOLEANS)
def test_without_any_type_the_charging_boolean_stands_for_session_and_flow(
    states: tuple[None, ...], charging: bool | None
) -> None:
    status = charger(*states, charging=charging)
    assert session_active(status) is charging
    assert drawing_power(status) is charging


@pytest.mark.parametrize("state", UNKNOWN_TYPES)
@pytest.mark.parametrize(("charging", "expected"), [(None, None), (False, False), (True, None)])
def test_an_unknown_type_never_claims_that_energy_flows(
    state: str, charging: bool | None, expected: bool | None
) -> None:
    status = charger(state, charging=charging)
    assert session_active(status) is expected
    assert drawing_power(status) is expected
    assert connector_status(status) == "other"


@pytest.mark.parametrize("states", [(), (None,), *((s,) for s in STATES)])
def test_an_offline_charger_is_offline_and_draws_nothing(
    states: tuple[str | None, ...],
) -> None:
    for plugged, charging, fault in product(BOOLEANS, BOOLEANS, BOOLEANS):
        status = charger(*states, connected=False, plugged=plugged, charging=charging, fault=fault)
        assert charger_state(status) is ChargerState.OFFLINE
        assert drawing_power(status) is False


def test_an_offline_charger_keeps_its_last_known_session() -> None:
    assert session_active(charger("CHARGING", connected=False)) is True


@pytest.mark.parametrize("state", [None, *STATES, *UNKNOWN_TYPES])
def test_the_fault_boolean_wins_over_any_type(state: str | None) -> None:
    for plugged, charging in product(BOOLEANS, BOOLEANS):
        status = charger(state, plugged=plugged, charging=charging, fault=True)
        assert charger_state(status) is ChargerState.FAULTED
        assert faulted(status) is True


@pytest.mark.parametrize(
    ("states", "fault", "expected"),
    [
        ((), None, None),
        ((), False, False),
        ((None,), None, None),
        (("OCCUPIED",), None, None),
        (("AVAILABLE",), None, False),
        (("FAULTED",), None, True),
        (("FAULTED",), False, True),
        (("AVAILABLE", "FAULTED"), False, True),
    ],
)
def test_faulted_is_told_by_the_charger_or_any_connector(
    states: tuple[str | None, ...], fault: bool | None, expected: bool | None
) -> None:
    assert faulted(charger(*states, fault=fault)) is expected


# the word of every pair of connector types, plugged in
PAIR_ORDER = (
    ("FAULTED", ChargerState.FAULTED),
    ("CHARGING", ChargerState.CHARGING),
    ("FINISHING", ChargerState.FINISHING),
    ("SUSPENDED_EVSE", ChargerState.PAUSED_BY_CHARGER),
    ("PREPARING", ChargerState.READY),
    ("RESERVED", ChargerState.UNPLUGGED),
    ("AVAILABLE", ChargerState.UNPLUGGED),
    (None, ChargerState.UNPLUGGED),
)


@pytest.mark.parametrize(("first", "second"), list(product(range(len(PAIR_ORDER)), repeat=2)))
def test_the_busiest_of_two_connectors_speaks_for_the_charger(first: int, second: int) -> None:
    """Trap 47: a charging second connector must not hide behind an idle first one."""
    leader, word = PAIR_ORDER[min(first, second)]
    status = charger(PAIR_ORDER[first][0], PAIR_ORDER[second][0], plugged=False)
    connector = leading_connector(status)
    assert connector is not None
    assert connector.state == leader
    assert charger_state(status) is word


@pytest.mark.parametrize("pause", ["SUSPENDED", "SUSPENDED_EV", "SUSPENDED_EVSE"])
def test_of_two_paused_connectors_the_first_speaks(pause: str) -> None:
    for other in ("SUSPENDED", "SUSPENDED_EV", "SUSPENDED_EVSE"):
        assert charger_state(charger(pause, other)) is STATES[pause][0]


def test_a_plugged_in_connector_leads_over_an_empty_one() -> None:
    empty = Connector(connector_id=1, state="AVAILABLE", plugged_in=False)
    taken = Connector(connector_id=2, state="AVAILABLE", plugged_in=True)
    status = ChargerStatus(serial="202640011873", connectors=(empty, taken))
    assert leading_connector(status) == taken
    assert charger_state(status) is ChargerState.READY


def test_a_session_on_any_connector_is_a_session_of_the_charger() -> None:
    status = charger("AVAILABLE", "SUSPENDED_EV", charging=False)
    assert session_active(status) is True
    assert drawing_power(status) is False


def test_there_is_no_leading_connector_without_connectors() -> None:
    assert leading_connector(charger()) is None
    assert connector_status(charger()) is None


def test_a_connector_without_a_type_has_no_connector_status() -> None:
    assert connector_status(charger(None)) is None


@pytest.mark.parametrize(("own", "first", "second"), list(product(BOOLEANS, BOOLEANS, BOOLEANS)))
def test_plugged_in_is_told_by_the_charger_or_any_connector(
    own: bool | None, first: bool | None, second: bool | None
) -> None:
    status = ChargerStatus(
        serial="202640011873",
        plugged_in=own,
        connectors=(
            Connector(connector_id=1, plugged_in=first),
            Connector(connector_id=2, plugged_in=second),
        ),
    )
    said = {own, first, second}
    expected = True if True in said else False if False in said else None
    assert plugged_in(status) is expected


@pytest.mark.parametrize(
    ("mode", "schedule", "expected"),
    [
        (0, None, ChargeMode.MANUAL),
        (1, None, ChargeMode.GREEN),
        (0, "greencharging", ChargeMode.MANUAL),
        (1, "scheduledCharging", ChargeMode.GREEN),
        (None, "greencharging", ChargeMode.GREEN),
        (2, "smartCharging", ChargeMode.SMART),
        (7, "ScheduledCharging", ChargeMode.SCHEDULED),
        (7, "CUSTOM", None),
        (7, None, None),
        (-1, None, None),
        (None, "", None),
        (None, None, None),
    ],
)
def test_the_effective_mode_is_the_known_number_else_the_running_schedule(
    mode: int | None, schedule: str | None, expected: ChargeMode | None
) -> None:
    """Trap 34: unknown is not manual, and the stored preference is another value."""
    assert effective_mode(charger(mode=mode, schedule=schedule)) is expected


@pytest.mark.parametrize("mode", ChargeMode)
def test_the_preferred_mode_is_the_stored_one_whatever_the_charger_does(
    mode: ChargeMode,
) -> None:
    """Trap 34: a manual start over green charging leaves the preference green."""
    preference = ModePreference(selected=mode.value)
    for number, schedule in product((None, 0, 1), (None, "greencharging")):
        status = charger(mode=number, schedule=schedule)
        assert preferred_mode(preference, status) is mode


@pytest.mark.parametrize("preference", [None, ModePreference()])
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("greencharging", ChargeMode.GREEN),
        ("smart_charging", ChargeMode.SMART),
        ("SCHEDULED", ChargeMode.SCHEDULED),
        ("OFF_PEAK", None),
        (None, None),
    ],
)
def test_without_a_preference_the_running_schedule_tells_the_mode(
    preference: ModePreference | None,
    schedule: str | None,
    expected: ChargeMode | None,
) -> None:
    status = charger(mode=0, schedule=schedule)
    assert preferred_mode(preference, status) is expected


def test_an_unknown_preference_is_not_replaced_by_a_guess() -> None:
    preference = ModePreference(selected="SOMETHING_NEW")
    assert preferred_mode(preference, charger(schedule="greencharging")) is None


def test_without_preference_and_status_the_preferred_mode_is_unknown() -> None:
    assert preferred_mode(None, None) is None


def waiting(
    state: str, *, reason: str | None = None, mode: int | None = 0, plugged: bool | None = True
) -> ChargerStatus:
    return ChargerStatus(
        serial="202640011873",
        connected=True,
        plugged_in=plugged,
        mode=mode,
        connectors=(Connector(state=state, reason=reason),),
    )


# what the cloud says, what else is known, the word; each row beats those below it
WORDS: list[tuple[ChargerStatus, Circumstances, ChargerState | None]] = [
    (charger("CHARGING", connected=False), Circumstances(flowing=True, stopping=True), ChargerState.OFFLINE),
    (charger("FAULTED"), Circumstances(flowing=True, stopping=True), ChargerState.FAULTED),
    (waiting("SUSPENDED_EV"), Circumstances(flowing=True, stopping=True), ChargerState.CHARGING),
    (waiting("AVAILABLE", plugged=False), Circumstances(flowing=True), ChargerState.CHARGING),
    (waiting("FINISHING"), Circumstances(flowing=True), ChargerState.FINISHING),
    (waiting("FINISHING"), Circumstances(flowing=True, stopping=True), ChargerState.STOPPING),
    (waiting("SUSPENDED_EVSE"), Circumstances(starting=True, stopped=True), ChargerState.STARTING),
    (waiting("SUSPENDED_EVSE"), Circumstances(stopping=True), ChargerState.STOPPING),
    (waiting("SUSPENDED_EVSE", mode=1), Circumstances(stopped=True), ChargerState.STOPPED),
    (waiting("AVAILABLE"), Circumstances(stopped=True), ChargerState.STOPPED),
    (waiting("AVAILABLE", plugged=False), Circumstances(stopped=True), ChargerState.UNPLUGGED),
    (waiting("PREPARING"), Circumstances(unauthorized=True), ChargerState.WAITING_FOR_AUTHORIZATION),
    (waiting("SUSPENDED_EVSE", mode=1), Circumstances(unauthorized=True), ChargerState.WAITING_FOR_AUTHORIZATION),
    (waiting("SUSPENDED_EVSE", reason="INSUFFICIENT_SOLAR"), Circumstances(), ChargerState.WAITING_FOR_SUN),
    (waiting("SUSPENDED_EV", reason="INSUFFICIENT_SOLAR"), Circumstances(), ChargerState.WAITING_FOR_SUN),
    (waiting("SUSPENDED_EVSE", mode=1), Circumstances(), ChargerState.WAITING_FOR_SUN),
    (waiting("SUSPENDED_EV", mode=1), Circumstances(), ChargerState.PAUSED_BY_VEHICLE),
    (
        waiting("SUSPENDED_EVSE"),
        Circumstances(preference=ChargeMode.SCHEDULED),
        ChargerState.WAITING_FOR_SCHEDULE,
    ),
    (waiting("PREPARING"), Circumstances(preference=ChargeMode.SCHEDULED), ChargerState.WAITING_FOR_SCHEDULE),
    (waiting("SUSPENDED_EV"), Circumstances(preference=ChargeMode.SCHEDULED), ChargerState.PAUSED_BY_VEHICLE),
    (
        waiting("AVAILABLE", plugged=False),
        Circumstances(preference=ChargeMode.SCHEDULED),
        ChargerState.UNPLUGGED,
    ),
    (waiting("SUSPENDED_EVSE"), Circumstances(preference=ChargeMode.MANUAL), ChargerState.PAUSED_BY_CHARGER),
    (waiting("SUSPENDED"), Circumstances(), ChargerState.PAUSED_BY_CHARGER),
    (waiting("PREPARING"), Circumstances(preference=ChargeMode.MANUAL), ChargerState.READY),
    (waiting("OCCUPIED", plugged=None), Circumstances(), None),
]


@pytest.mark.parametrize(("status", "circumstances", "expected"), WORDS)
def test_the_word_follows_the_precedence(
    status: ChargerStatus, circumstances: Circumstances, expected: ChargerState | None
) -> None:
    assert charger_state(status, circumstances) is expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, "none"),
        ("", "none"),
        ("INSUFFICIENT_SOLAR", "insufficient_solar"),
        ("insufficient_solar ", "insufficient_solar"),
        ("Whatever else " * 40, "other"),
    ],
)
def test_the_reason_of_a_connector_is_one_of_a_few_words(reason: str | None, expected: str) -> None:
    assert connector_reason(waiting("SUSPENDED_EVSE", reason=reason)) == expected


def test_without_a_connector_there_is_no_reason_of_one() -> None:
    assert connector_reason(charger()) is None


TYPES = st.one_of(st.none(), st.sampled_from(list(STATES)), st.sampled_from(UNKNOWN_TYPES))
FLAGS = st.sampled_from(BOOLEANS)


@given(types=st.lists(TYPES, max_size=4), flags=st.tuples(FLAGS, FLAGS, FLAGS, FLAGS))
def test_flowing_energy_is_always_part_of_a_session(types: list[str | None], flags: tuple[bool | None, ...]) -> None:
    connected, plugged, charging, fault = flags
    status = charger(*types, connected=connected, plugged=plugged, charging=charging, fault=fault)
    if drawing_power(status):
        assert session_active(status) is True
        assert charger_state(status) in {
            ChargerState.CHARGING,
            ChargerState.FINISHING,
            ChargerState.FAULTED,
        }
