"""Why a charger does what it does."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.enphase_cloud_things.chargers.reason import Evidence, Explanation, Reason, explain
from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, Connector
from custom_components.enphase_cloud_things.enlighten.models.modes import ChargeMode

NOW = datetime(2026, 11, 10, 22, 0, tzinfo=UTC)
TONIGHT = datetime(2026, 11, 11, 1, 30, tzinfo=UTC)


def said(
    state: str | None = "SUSPENDED_EVSE",
    *,
    plugged: bool | None = True,
    connected: bool = True,
    mode: int | None = 0,
    reason: str | None = None,
    limited: bool | None = None,
) -> ChargerStatus:
    return ChargerStatus(
        serial="202640011873",
        connected=connected,
        plugged_in=plugged,
        mode=mode,
        connectors=(Connector(state=state, reason=reason, load_balancing_active=limited),),
    )


SCHEDULED = ChargeMode.SCHEDULED
GREEN = ChargeMode.GREEN
SUN = "INSUFFICIENT_SOLAR"

# Each row is more specific than what else holds in it
TABLE: list[tuple[Evidence, Reason]] = [
    (Evidence(sign_in_needed=True, reachable=False, status=said("CHARGING"), flowing=True), Reason.SIGN_IN_NEEDED),
    (Evidence(reachable=False, status=said("CHARGING"), flowing=True), Reason.CLOUD_UNREACHABLE),
    (Evidence(), Reason.UNKNOWN),
    (Evidence(status=said("FAULTED", connected=False)), Reason.CHARGER_OFFLINE),
    (Evidence(status=said("FAULTED"), command="start"), Reason.FAULT),
    (Evidence(status=said("CHARGING"), flowing=True, command="stop"), Reason.COMMAND_UNDER_WAY),
    (Evidence(status=said("CHARGING"), flowing=True, safe_limit=True), Reason.SAFE_LIMIT),
    (Evidence(status=said("CHARGING", limited=True), flowing=True, safe_limit=True), Reason.SAFE_LIMIT),
    (Evidence(status=said("CHARGING", limited=True), flowing=True), Reason.LOAD_MANAGEMENT),
    (Evidence(status=said("CHARGING"), flowing=True), Reason.CHARGING_AS_ASKED),
    (Evidence(status=said("SUSPENDED_EV"), flowing=True, stopped=True), Reason.CHARGING_AS_ASKED),
    (Evidence(status=said("SUSPENDED_EVSE", mode=1), flowing=True, grid_event=True), Reason.CHARGING_AS_ASKED),
    (Evidence(status=said("AVAILABLE", plugged=False), stopped=True, plan=True), Reason.NO_VEHICLE),
    (Evidence(status=said("AVAILABLE", plugged=None), preference=SCHEDULED), Reason.NO_VEHICLE),
    (Evidence(status=said(mode=1), stopped=True, preference=GREEN, grid_event=True), Reason.STOPPED_BY_REQUEST),
    (Evidence(status=said(), unauthorized=True, preference=SCHEDULED), Reason.WAITING_FOR_AUTHORIZATION),
    (Evidence(status=said(reason=SUN), grid_event=True), Reason.WAITING_FOR_SUN),
    (Evidence(status=said("SUSPENDED", reason=SUN)), Reason.WAITING_FOR_SUN),
    (Evidence(status=said(limited=True), grid_event=True), Reason.LOAD_MANAGEMENT),
    (Evidence(status=said(mode=1), grid_event=True, storm_guard=True), Reason.GRID_EVENT),
    (Evidence(status=said(mode=1), storm_guard=True), Reason.STORM_GUARD),
    (Evidence(status=said("SUSPENDED_EV"), grid_event=True, storm_guard=True), Reason.VEHICLE_DOES_NOT_DRAW),
    (Evidence(status=said(mode=1), preference=SCHEDULED), Reason.WAITING_FOR_SUN),
    (Evidence(status=said("SUSPENDED_EV", mode=1), preference=GREEN), Reason.VEHICLE_DOES_NOT_DRAW),
    (Evidence(status=said(), preference=GREEN), Reason.UNKNOWN),
    (Evidence(status=said(), preference=SCHEDULED, plan=True, scheduler_down=True), Reason.SCHEDULER_DOWN),
    (Evidence(status=said(), scheduler_down=True), Reason.UNKNOWN),
    (Evidence(status=said(), preference=SCHEDULED, plan=True), Reason.WAITING_FOR_PLAN),
    (Evidence(status=said("PREPARING"), plan=True), Reason.WAITING_FOR_PLAN),
    (Evidence(status=said("SUSPENDED_EV"), preference=SCHEDULED, plan=True), Reason.VEHICLE_DOES_NOT_DRAW),
    (Evidence(status=said(), preference=SCHEDULED), Reason.WAITING_FOR_SCHEDULE),
    (Evidence(status=said("PREPARING"), preference=SCHEDULED), Reason.WAITING_FOR_SCHEDULE),
    (Evidence(status=said("SUSPENDED_EV")), Reason.VEHICLE_DOES_NOT_DRAW),
    (Evidence(status=said("FINISHING"), flowing=False), Reason.VEHICLE_DOES_NOT_DRAW),
    (Evidence(status=said("PREPARING"), preference=ChargeMode.MANUAL), Reason.UNKNOWN),
    (Evidence(status=said("SOMETHING_NEW")), Reason.UNKNOWN),
]


@pytest.mark.parametrize(("evidence", "expected"), TABLE)
def test_the_most_specific_reason_is_chosen(evidence: Evidence, expected: Reason) -> None:
    assert explain(evidence, None, NOW).reason is expected


def test_the_table_has_every_reason() -> None:
    assert {reason for _, reason in TABLE} == set(Reason)


def test_a_reason_holds_since_it_was_first_chosen() -> None:
    first = explain(Evidence(status=said("SUSPENDED_EV")), None, NOW)
    again = explain(Evidence(status=said("SUSPENDED_EV", mode=1)), first, NOW + timedelta(hours=1))
    other = explain(Evidence(status=said(mode=1)), again, NOW + timedelta(hours=2))
    assert [each.since for each in (first, again, other)] == [NOW, NOW, NOW + timedelta(hours=2)]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(status=said(), grid_event=True, grid_event_until=TONIGHT), TONIGHT),
        (Evidence(status=said(), plan=True, plan_start=TONIGHT), TONIGHT),
        (Evidence(status=said(), preference=SCHEDULED, schedule_start=TONIGHT), TONIGHT),
        (Evidence(status=said(), preference=SCHEDULED), None),
        (Evidence(status=said("SUSPENDED_EV"), schedule_start=TONIGHT, grid_event_until=TONIGHT), None),
    ],
)
def test_it_is_told_until_when_as_far_as_known(evidence: Evidence, expected: datetime | None) -> None:
    assert explain(evidence, None, NOW).until == expected


def test_the_facts_are_told() -> None:
    evidence = Evidence(
        status=said(mode=1, reason=SUN, limited=True),
        preference=SCHEDULED,
        flowing=False,
        command="start",
        stopped=True,
        plan=True,
    )
    assert explain(evidence, None, NOW).evidence == (
        "connector_status: suspended_evse",
        "connector_reason: INSUFFICIENT_SOLAR",
        "load_balancing_active",
        "mode: green",
        "chosen_mode: scheduled",
        "no_energy_flows",
        "command: start",
        "stopped",
        "plan",
    )


def test_the_same_evidence_gives_the_same_explanation() -> None:
    """What has not changed is not written again."""
    evidence = Evidence(status=said(mode=1))
    first = explain(evidence, None, NOW)
    assert explain(evidence, first, NOW + timedelta(hours=1)) == first
    assert isinstance(first, Explanation)
