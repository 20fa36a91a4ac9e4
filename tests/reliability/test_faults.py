"""A sample of what `scripts/faults` tries as a whole: each request with two faults, each fault at least once."""

import pytest

from .fault_matrix import healthy, judge
from .fault_table import FAULTS, PATIENT, FaultKind
from .requests import REQUESTS, Asked

# Faults that take no real time, spread over the requests; 7 shares no divisor with their number
QUICK = tuple(fault for fault in FAULTS if fault.seconds == PATIENT)
SAMPLE = tuple((REQUESTS[index % len(REQUESTS)], QUICK[7 * index % len(QUICK)]) for index in range(len(QUICK)))


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("asked", "fault"), SAMPLE, ids=[f"{asked}-{fault.name}" for asked, fault in SAMPLE])
async def test_a_fault_costs_its_request_only_and_for_a_time(asked: Asked, fault: FaultKind) -> None:
    """Traps 46, 57, 84."""
    assert (await judge(asked, fault, await healthy(asked))).broken == ()


def test_the_sample_has_every_request_and_every_quick_fault() -> None:
    assert {asked.name for asked, _ in SAMPLE} == {asked.name for asked in REQUESTS}
    assert {fault.name for _, fault in SAMPLE} == {fault.name for fault in QUICK}
