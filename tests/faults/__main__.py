"""Runs the whole matrix, writes ``docs/faults.md`` and says which cases break a law: ``python -m tests.faults``."""

import asyncio
from pathlib import Path
import sys

from .matrix import CASES, FAULTS, Outcome, run, table
from .operations import OPERATIONS

_TARGET = Path(__file__).parents[2] / "docs" / "faults.md"
_HEAD = f"""\
# What becomes of a fault

Made by `scripts/faults`: each of {len(OPERATIONS)} operations of the client against each of {len(FAULTS)} faults of
docs/api.md §11, over real sockets against the simulated cloud, {len(CASES)} cases. For each of them it is checked that

* nothing but an error of the client's own comes out, and that it holds neither a secret nor an identifier;
* a command is sent once, and again only after a renewal or in another form where its route does not exist; a read is
  repeated once at most, after a renewal;
* a day after the fault is over everything works again, after a sign-in by a person where the session is lost.

A value beside a fault is no mistake: an empty or oddly labelled answer may be a valid one.

"""


async def _all() -> list[Outcome]:
    outcomes = []
    for number, case in enumerate(CASES, 1):
        outcomes.append(await run(case))
        if number % len(FAULTS) == 0:
            sys.stdout.write(f"{case.operation.name}: done\n")
            sys.stdout.flush()
    return outcomes


def main() -> int:
    """Run the matrix and return the exit code."""
    outcomes = asyncio.run(_all())
    _TARGET.write_text(f"{_HEAD}{table(outcomes)}\n", encoding="utf-8")
    broken = [outcome for outcome in outcomes if outcome.broken]
    for outcome in broken:
        sys.stdout.write(f"{outcome.case.operation.name} / {outcome.case.fault}: {', '.join(outcome.broken)}\n")
    sys.stdout.write(f"{len(outcomes)} cases, {len(broken)} break a law\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
