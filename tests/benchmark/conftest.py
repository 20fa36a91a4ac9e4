"""A Home Assistant whose work is measured, and the table of what was measured."""

import logging
from typing import Protocol

import pytest

from tests.integration.conftest import cloud, setup_entry
from tests.integration.passing_time import advance

from .figures import Figure, as_table

__all__ = ["advance", "cloud", "setup_entry"]

FIGURES = pytest.StashKey[list[Figure]]()


class Record(Protocol):
    """Notes a figure for the table."""

    def __call__(self, name: str, measured: float, unit: str = "", *, most: float | None = None) -> None:
        """Note what was measured, and what is promised at most."""


@pytest.fixture
def record(pytestconfig: pytest.Config) -> Record:
    """Return the function that notes a figure."""

    def note(name: str, measured: float, unit: str = "", *, most: float | None = None) -> None:
        pytestconfig.stash[FIGURES].append(Figure(name=name, measured=measured, unit=unit, most=most))

    return note


@pytest.fixture(autouse=True)
def enable_event_loop_debug(caplog: pytest.LogCaptureFixture) -> None:
    """Leave out the debug mode of the event loop and debug logs, which cost more than what is measured."""
    caplog.set_level(logging.WARNING)


def pytest_configure(config: pytest.Config) -> None:
    """Start with an empty table."""
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where a promise is broken."""
    if not all(figure.holds for figure in session.config.stash[FIGURES]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    if figures := config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in as_table(figures):
            terminalreporter.write_line(line)
