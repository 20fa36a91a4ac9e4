"""Weeks of a home whose cloud fails in every known way, at random: nothing may break, jump, repeat itself or grow.

`scripts/soak REFRESHES SEED` runs it. The same seed gives the same faults, commands, cars and reloads.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import gc
import logging
import os
import random
import sys
import tracemalloc
from typing import Final, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from simulator import OWNER_KEY, Car, Family, LoggedRequest, Simulator
from tests.benchmark.figures import Figure, as_table
from tests.integration.conftest import SetupEntry, cloud, setup_entry
from tests.integration.flows import submit
from tests.integration.passing_time import let_pass
from tests.integration.wishes import START_BUTTON, STOP_BUTTON, choose_mode, press, set_amps, turn_off, turn_on

from .fault_table import FAULTS, PATIENT, FaultKind

__all__ = ["cloud", "setup_entry"]

REFRESHES: Final = int(os.environ.get("SOAK_REFRESHES", "10000"))
SEED: Final = int(os.environ.get("SOAK_SEED", "20261110"))
INTEGRATION: Final = "*/custom_components/enphase_cloud_things/*"
STEP: Final = 30.0
HOUR: Final = timedelta(hours=1)
LIFETIME: Final = "sensor.carport_lifetime_energy"
STATUS: Final = "sensor.carport_status"
# An answer that is late by the real clock has no place in a frozen one
SOAK_FAULTS: Final = tuple(fault for fault in FAULTS if fault.seconds == PATIENT)
FAMILIES: Final = tuple(Family)
# What Home Assistant itself says of a coordinator, once for each outage
OUTAGE: Final = ("Error fetching ", "Error requesting ", "Timeout fetching ", "Authentication failed while fetching ")
# How many simulated seconds a person takes to sign in again
SIGNS_IN_AFTER: Final = 1_800.0


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the debug mode of the event loop: weeks are long."""


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Have files written where they are thrown away."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Take nothing in the place of the storage: the usual stand-in holds whatever was ever written."""
    return {}


class Errors(logging.Handler):
    """Holds the errors that were logged since the last look: each with its text, and whether it has a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[tuple[str, bool]] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.told.append((f"{record.name} {record.getMessage()}", record.exc_info is not None))


@contextmanager
def nobody_else_listening() -> Iterator[Errors]:
    """Hold what is logged, and have nothing else listen.

    Pytest keeps all records until the end of a test, and with them every error, its traceback and what its frames hold.
    It begins to listen when the fixtures of the test are made, so none of them could send it away.
    """
    root, errors = logging.getLogger(), Errors()
    listening, root.handlers = root.handlers, [errors]
    level = root.level
    root.setLevel(logging.WARNING)
    try:
        yield errors
    finally:
        root.handlers = listening
        root.setLevel(level)


@dataclass(slots=True, kw_only=True)
class Busiest:
    """How many events of a kind there were in the busiest sliding hour."""

    most: int = 0
    times: deque[datetime] = field(default_factory=deque)

    def note(self, at: datetime) -> None:
        """Count one more."""
        self.times.append(at)
        while self.times[0] < at - HOUR:
            self.times.popleft()
        self.most = max(self.most, len(self.times))


class Soak:
    """One home, what happens in it, and what is looked at after every step."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MockConfigEntry,
        simulator: Simulator,
        freezer: FrozenDateTimeFactory,
        errors: Errors,
    ) -> None:
        self.happened: Counter[str] = Counter()
        self.broken: list[str] = []
        self.requests, self.sign_ins = Busiest(), Busiest()
        self._hass = hass
        self._entry = entry
        self._simulator = simulator
        self._world = simulator.world
        self._freezer = freezer
        self._errors = errors
        self._random = random.Random(SEED)
        self._lifetime = 0.0
        self._asked_to_sign_in_for = 0.0

    async def run(self, refreshes: int) -> None:
        """Live until so many status reads were sent."""
        until = self.happened["refreshes"] + refreshes
        while self.happened["refreshes"] < until:
            await self._something_happens()
            await let_pass(self._hass, self._freezer, STEP, step=STEP)
            await self._sign_in_if_asked()
            self._look()

    async def recover(self) -> None:
        """End every fault and wait out the longest guard; all has to be well after that."""
        self._simulator.faults.clear()
        for _ in range(25):
            await let_pass(self._hass, self._freezer, HOUR.total_seconds(), step=300)
            self._asked_to_sign_in_for += SIGNS_IN_AFTER
            await self._sign_in_if_asked()
            self._look()
        state = self._hass.states.get(STATUS)
        if self._entry.state is not ConfigEntryState.LOADED:
            self._is_broken(f"the entry ends as {self._entry.state}")
        elif state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            self._is_broken("the charger stays unavailable after all faults")
        elif abs(self._lifetime - self._world.charger.lifetime_wh / 1000) > 1:
            self._is_broken("the lifetime energy is not the charger's")

    async def _something_happens(self) -> None:
        chance = self._random.random()
        if chance < 0.06:
            self._fault()
        elif chance < 0.08:
            self._simulator.faults.clear()
        elif chance < 0.13:
            await self._command()
        elif chance < 0.15:
            self._car()
        elif chance < 0.153:
            await self._hass.config_entries.async_reload(self._entry.entry_id)
            self.happened["reloads"] += 1
        elif chance < 0.155:
            self._random.choice((self._world.accounts.expire_sessions, self._world.accounts.expire_tokens))()
            self.happened["sessions ended by the cloud"] += 1

    def _fault(self) -> None:
        fault: FaultKind = self._random.choice(SOAK_FAULTS)
        families = self._random.sample(FAMILIES, self._random.choice((1, 1, 2, 5)))
        self._simulator.faults.add(fault.make(), *families, times=self._random.choice((1, 1, 2, 5, 20)))
        self.happened["faults"] += 1

    async def _command(self) -> None:
        hass = self._hass
        amps = self._random.choice((6, 10, 13, 16, 24, 32))
        mode = self._random.choice(("manual", "green", "scheduled"))
        name, command = self._random.choice(
            (
                ("start", lambda: turn_on(hass)),
                ("start", lambda: press(hass, START_BUTTON)),
                ("stop", lambda: turn_off(hass)),
                ("stop", lambda: press(hass, STOP_BUTTON)),
                ("amps", lambda: set_amps(hass, amps)),
                ("mode", lambda: choose_mode(hass, mode)),
            )
        )
        self.happened["commands"] += 1
        self.happened[f"{name} asked for"] += 1
        try:
            await self._while_time_passes(command)
        except HomeAssistantError:
            self.happened["commands refused"] += 1

    async def _while_time_passes(self, command: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(command())
        while not task.done():
            self._freezer.tick(timedelta(seconds=0.1))
            async_fire_time_changed(self._hass)
            for _ in range(20):
                await asyncio.sleep(0)
        await task

    def _car(self) -> None:
        charger = self._world.charger
        if charger.connector(1).car is None:
            charger.plug_in(Car(battery_kwh=75, state_of_charge=self._random.uniform(0.1, 0.9), max_amps=32, phases=3))
            self.happened["cars plugged in"] += 1
        else:
            charger.unplug()

    async def _sign_in_if_asked(self) -> None:
        flow = next(iter(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})), None)
        self._asked_to_sign_in_for = self._asked_to_sign_in_for + STEP if flow is not None else 0.0
        if flow is None or self._asked_to_sign_in_for < SIGNS_IN_AFTER:
            return
        self._asked_to_sign_in_for = 0.0
        await submit(self._hass, flow, password=OWNER_KEY, remember_password=True)
        self.happened["sign-ins by a person"] += 1

    # What must hold

    def _look(self) -> None:
        for request in self._simulator.requests:
            self._count(request)
        self._simulator.requests.clear()
        for name in ("start", "stop"):
            if self.happened[f"{name} sent"] > self.happened[f"{name} asked for"]:
                self._is_broken(f"a {name} was sent more often than it was asked for")
        self._look_at_energy()
        for text, has_traceback in self._errors.told:
            if not has_traceback and text.partition(" ")[2].startswith(OUTAGE):
                self.happened["outages in the log"] += 1
            else:
                self._is_broken(f"logged: {text[:200]}")
        self._errors.told.clear()

    def _count(self, request: LoggedRequest) -> None:
        self.requests.note(request.time)
        self.happened["requests"] += 1
        self.happened["refreshes"] += request.family is Family.STATUS
        if request.family is Family.LOGIN:
            self.sign_ins.note(request.time)
            self.happened["sign-ins"] += 1
        if request.family in {Family.START, Family.STOP} and not 400 <= (request.status or 0) < 500:
            self.happened[f"{request.family} sent"] += 1

    def _look_at_energy(self) -> None:
        state = self._hass.states.get(LIFETIME)
        if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            return
        shown, true = float(state.state), self._world.charger.lifetime_wh / 1000
        if shown < self._lifetime:
            self._is_broken(f"the lifetime energy fell from {self._lifetime} to {shown}")
        if shown > true + 0.01:
            self._is_broken(f"the lifetime energy shows {shown}, the charger has {true:.3f}")
        self._lifetime = shown

    def _is_broken(self, what: str) -> None:
        self.broken.append(f"{dt_util.utcnow():%d %H:%M:%S} {what}")


def held_mebibytes() -> float:
    """Return the memory that the integration has allocated and still holds, without that of tests and simulator."""
    gc.collect()
    held = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(inclusive=True, filename_pattern=INTEGRATION)])
    return sum(trace.size for trace in held.traces) / (1 << 20)


@pytest.mark.timeout(0)
async def test_a_long_time_of_random_faults_commands_and_reloads(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with nobody_else_listening() as errors:
        entry = await setup_entry(remember_password=True)
        soak = Soak(hass, entry, simulator, freezer, errors)
        began = dt_util.utcnow()
        tracemalloc.start()
        try:
            await soak.run(REFRESHES // 5)
            before = held_mebibytes()
            await soak.run(REFRESHES - REFRESHES // 5)
            grown = held_mebibytes() - before
        finally:
            tracemalloc.stop()
        await soak.recover()
    figures = [
        Figure(name="simulated days", measured=(dt_util.utcnow() - began) / timedelta(days=1), unit=""),
        *(Figure(name=name, measured=count, unit="") for name, count in sorted(soak.happened.items())),
        Figure(name="requests in the busiest hour", measured=soak.requests.most, unit="", most=490),
        Figure(name="sign-ins in the busiest hour", measured=soak.sign_ins.most, unit="", most=6),
        Figure(name="memory held after the first fifth", measured=before, unit="MiB"),
        Figure(name="growth over the other four fifths", measured=grown, unit="MiB", most=1),
        Figure(name="rules broken", measured=len(soak.broken), unit="", most=0),
    ]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", f"seed {SEED}", *as_table(figures), *soak.broken[:50], ""]))
    assert all(figure.holds for figure in figures)
