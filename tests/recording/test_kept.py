"""Each recording that is kept still shows what is expected of it."""

from datetime import datetime, timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.replay import read_recording

from .home import play_until, playing

_LONGEST = timedelta(minutes=15)
# By then everything has been read once more, whenever within their jitter the reads come
_SETTLED = timedelta(minutes=6)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each recording."""
    if "kept" in metafunc.fixturenames:
        folder: Path = metafunc.config.getoption("--recordings")
        paths = sorted(path for path in folder.glob("*.json") if not path.name.endswith(".expected.json"))
        metafunc.parametrize("kept", paths, ids=[path.stem for path in paths])


@pytest.mark.timeout(300)
async def test_a_kept_recording_shows_what_is_expected(
    kept: Path,
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    enable_custom_integrations: None,
) -> None:
    recording = read_recording(kept)
    beside = kept.with_suffix(".expected.json")
    if request.config.getoption("--write-expected"):
        until = recording.end + _SETTLED
        start = max(recording.start, recording.end - _LONGEST)
    else:
        assert beside.exists(), f"write it down: scripts/recording keep {kept.name} {kept.stem}"
        expected = json.loads(beside.read_text(encoding="utf-8"))
        start, until = (datetime.fromisoformat(expected[name]) for name in ("from", "until"))
    async with playing(hass, monkeypatch, freezer, recording, start=start):
        shown = await play_until(hass, freezer, until)
    if request.config.getoption("--write-expected"):
        content = {"from": start.isoformat(), "until": until.isoformat(), "states": shown}
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        assert {entity: shown.get(entity) for entity in expected["states"]} == expected["states"]
