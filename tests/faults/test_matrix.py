"""A sample of the matrix of operations and faults, the whole of which ``scripts/faults`` runs."""

import pytest

from .matrix import CASES, FAULTS, Case, run
from .operations import OPERATIONS

EVERY_FAULT = [CASES[(number % len(OPERATIONS)) * len(FAULTS) + number] for number in range(len(FAULTS))]
"""Each fault once and, going round, each operation."""
WITH_EFFECT = [case for case in CASES if case.operation.name in {"start", "stop"} and "effect" in case.fault]
SAMPLE = [*EVERY_FAULT, *(case for case in WITH_EFFECT if case not in EVERY_FAULT)]


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: f"{case.operation.name} / {case.fault}")
async def test_a_fault_breaks_no_law(case: Case) -> None:
    outcome = await run(case)

    assert outcome.broken == ()
