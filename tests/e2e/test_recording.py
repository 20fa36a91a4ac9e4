"""A bug report becomes a test: what one Home Assistant downloads, another one shows, and two commands keep."""

import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
import sys
from typing import Final

import pytest

from demo.config_flow import add_integration, wait_until_loaded
from demo.errors import DemoError
from simulator import OWNER_EMAIL, OWNER_KEY

from .running_demo import RunningDemo, eventually, running_demo

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(600)]

REPOSITORY: Final = Path(__file__).parent.parent.parent
FAULTS: Final[tuple[Mapping[str, object], ...]] = (
    {"families": ["summary"], "trouble": "field", "path": "data.*.lifeTimeConsumption", "value": 2481.37},
    {"families": ["summary"], "trouble": "field_missing", "path": "data.*.reportingInterval"},
    {
        "families": ["status"],
        "trouble": "field",
        "path": "data.chargers.*.session_d.e_c",
        "value": {"amount": 17, "unit": "kWh"},
    },
    {"families": ["status"], "trouble": "field", "path": "data.chargers.*.solarBoostLimit", "value": 4711},
    {"families": ["mode"], "method": "PUT", "trouble": "coded", "status": 400, "code": "iqevc_sch_10031"},
)
"""A wrong unit, a missing field, an odd shape, a new field and a refused command."""
SHOWN: Final = ("_lifetime_energy", "_session_energy", "_reporting_interval", "_connector_status", "_maximum_current")


async def shown(demo: RunningDemo) -> dict[str, str]:
    """Return the states that matter, by the ends of their entity ids: the names of chargers are made up in a replay."""
    states = await demo.home_assistant.get("api/states")
    assert isinstance(states, list)
    return {ending: state["state"] for state in states for ending in SHOWN if str(state["entity_id"]).endswith(ending)}


async def refusal(demo: RunningDemo) -> str:
    """Choose the scheduled mode and return why that is refused, without the name of the charger."""
    states = await demo.home_assistant.get("api/states")
    assert isinstance(states, list)
    ids = [str(state["entity_id"]) for state in states]
    (select,) = (
        entity_id for entity_id in ids if entity_id.startswith("select.") and entity_id.endswith("_charge_mode")
    )
    with pytest.raises(DemoError) as error:
        await demo.home_assistant.call("select", "select_option", entity_id=select, option="scheduled")
    _, found, reason = str(error.value).partition("has no enabled schedule")
    assert found
    return reason


async def run(*command: object) -> tuple[int | None, str]:
    """Run a command of the repository, and return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", *map(str, command)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_a_bug_report_becomes_a_test(tmp_path: Path) -> None:
    file = tmp_path / "download.json"
    async with running_demo(tmp_path / "owner", "--empty") as owner:
        for fault in FAULTS:
            await owner.control("fault", **fault)
        entry_id = await add_integration(owner.home_assistant, email=OWNER_EMAIL, password=OWNER_KEY)
        await wait_until_loaded(owner.home_assistant, seconds=60)
        refused = await refusal(owner)
        wrong = await shown(owner)
        download = await owner.home_assistant.get(f"api/diagnostics/config_entry/{entry_id}")
        file.write_text(json.dumps(download), encoding="utf-8")
    assert float(wrong["_lifetime_energy"]) == pytest.approx(2.481)
    assert wrong["_reporting_interval"] == "unknown"
    assert "202640011873" not in file.read_text(encoding="utf-8")

    async with running_demo(tmp_path / "maintainer", "--replay", str(file)) as maintainer:

        async def is_the_same() -> bool:
            return await shown(maintainer) == wrong

        assert await eventually(is_the_same, seconds=30), await shown(maintainer)
        assert await refusal(maintainer) == refused

    code, said = await run("recordings", "shapes", file)
    assert code == 0
    assert "data.chargers[].solarBoostLimit · new field: a number" in said
    assert "data.chargers[].session_d.e_c · new type: an object" in said

    kept = tmp_path / "recordings"
    code, said = await run("recordings", "keep", file, "energy-in-kwh", "--folder", kept)
    assert code == 0, said
    test = ("pytest", "-q", "-p", "no:cacheprovider", "tests/recording/test_kept.py", "--recordings", kept)
    code, said = await run(*test)
    assert code == 0, said
    beside = kept / "energy-in-kwh.expected.json"
    expected = json.loads(beside.read_text(encoding="utf-8"))
    (meter,) = (entity for entity in expected["states"] if entity.endswith("lifetime_energy"))
    assert float(expected["states"][meter]) == pytest.approx(2.481)
    expected["states"][meter] = "2481.37"
    beside.write_text(json.dumps(expected), encoding="utf-8")
    code, said = await run(*test)
    assert code == 1
    assert "2481.37" in said
