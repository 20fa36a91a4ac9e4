"""A recording is played back as the cloud that it was made of."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys
from typing import Final

import aiohttp
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.enlighten import ConnectionFailed, EnlightenClient, EnlightenError, Hosts
from custom_components.enphase_cloud_things.enlighten.recording.document import as_document
from custom_components.enphase_cloud_things.enlighten.recording.pseudonyms import Pseudonyms
from custom_components.enphase_cloud_things.enlighten.recording.ring import Recorder
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from simulator import OWNER_EMAIL, OWNER_KEY, Car, Family, ManualClock, Simulator, World, faults
from simulator.replay import Playback, RecordingError, Replay, read_recording, replaying
from simulator.replay.recording import parse_recording
from tests.client.conftest import START_OF_TEST, Connect, clock, connect, hosts, visitor, world

from .replies import KEY, SERIAL, SITE

__all__ = ["clock", "connect", "hosts", "visitor", "world"]

PSEUDONYMS: Final = Pseudonyms(key=KEY)
SHOWN_SITE, SHOWN_SERIAL = PSEUDONYMS.of_run(SITE), PSEUDONYMS.of_run(SERIAL)
STATUS_PATH = f"/service/evse_controller/{SITE}/ev_chargers/status"


@pytest.fixture
async def recorder(connect: Connect, world: World, clock: ManualClock, simulator: Simulator) -> Recorder:
    """What a client was told in five minutes: first without a car, then with one, at last with a broken status."""
    recorder = Recorder()
    client = await connect(recorder=recorder)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    await client.status(SITE)
    await client.chargers(SITE)
    with pytest.raises(EnlightenError):
        await client.start_charging(SITE, SERIAL, level=16)
    clock.tick(120)
    world.charger.plug_in(Car())
    await client.start_charging(SITE, SERIAL, level=16)
    clock.tick(60)
    await client.status(SITE)
    clock.tick(60)
    simulator.faults.add(faults.dropped(), Family.STATUS)
    with pytest.raises(ConnectionFailed):
        await client.status(SITE)
    return recorder


@pytest.fixture
async def replay(recorder: Recorder, socket_enabled: None) -> AsyncIterator[Replay]:
    """The recording on loopback, five minutes later, by the clock that goes on."""
    recording = parse_recording(json.loads(json.dumps(as_document(recorder.recorded, Pseudonyms(key=KEY)))))
    async with replaying(recording, clock=(playing := ManualClock(START_OF_TEST + timedelta(days=3)))) as replay:
        assert replay.playback.clock is playing
        yield replay


@pytest.fixture
async def player(connect: Connect, replay: Replay) -> EnlightenClient:
    """A client of the recorded cloud, signed in with whatever a person types."""
    client = await connect(
        hosts=Hosts(enlighten=URL(replay.enlighten_url), grid_services=URL(replay.grid_services_url))
    )
    await client.session.sign_in("anybody@example.com", "anything")
    return client


def move(replay: Replay, seconds: float) -> None:
    assert isinstance(replay.playback.clock, ManualClock)
    replay.playback.clock.tick(seconds)


async def test_the_recorded_site_is_offered(player: EnlightenClient) -> None:
    assert [site.site_id for site in await player.sites()] == [SHOWN_SITE]


async def test_a_reply_is_what_it_was_at_that_time(player: EnlightenClient, replay: Replay) -> None:
    before = (await player.status(SHOWN_SITE)).chargers[0]
    move(replay, 181)
    after = (await player.status(SHOWN_SITE)).chargers[0]
    assert (before.serial, after.serial) == (SHOWN_SERIAL, SHOWN_SERIAL)
    assert (before.plugged_in, after.plugged_in) == (False, True)


async def test_a_reply_says_the_same_as_the_cloud_did(
    player: EnlightenClient, connect: Connect, world: World, clock: ManualClock
) -> None:
    origin = await connect()
    await origin.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    (true,) = await origin.chargers(SITE)
    (played,) = await player.chargers(SHOWN_SITE)
    assert (played.amps_min, played.amps_max) == (true.amps_min, true.amps_max)
    assert played.lifetime_energy == pytest.approx(true.lifetime_energy, rel=1e-3)
    assert (played.firmware, played.model, played.model_id) == (true.firmware, true.model, true.model_id)
    assert played.serial != true.serial


async def test_commands_get_the_recorded_replies_in_their_turn(player: EnlightenClient) -> None:
    with pytest.raises(EnlightenError) as refused:
        await player.start_charging(SHOWN_SITE, SHOWN_SERIAL, level=16)
    assert type(refused.value).__name__ == "NotPluggedIn"
    await player.start_charging(SHOWN_SITE, SHOWN_SERIAL, level=16)


async def test_a_missing_answer_is_missing_again(player: EnlightenClient, replay: Replay) -> None:
    move(replay, 241)
    with pytest.raises(ConnectionFailed):
        await player.status(SHOWN_SITE)


async def test_times_are_those_of_the_replay(player: EnlightenClient, replay: Replay) -> None:
    status = await player.status(SHOWN_SITE)
    reported = status.chargers[0].reported_at
    assert reported is not None
    assert timedelta(0) <= replay.playback.clock() - reported < timedelta(minutes=10)


async def test_what_nobody_recorded_is_not_there(player: EnlightenClient) -> None:
    with pytest.raises(EnlightenError):
        await player.charge_mode(SHOWN_SITE, SHOWN_SERIAL)


async def test_nothing_but_this_machine_is_talked_to(replay: Replay) -> None:
    assert URL(replay.url).host == "127.0.0.1"


def row(minute: int, *, path: str = STATUS_PATH, **fields: JsonValue) -> JsonValue:
    at = datetime(2026, 11, 17, 18, minute, tzinfo=UTC).isoformat()
    return {"at": at, "host": "enlighten", "method": "GET", "path": path, "status": 200, "json": {}, **fields}


def file_with(*rows: JsonValue, version: JsonValue = 1) -> JsonValue:
    return {"format": "enphase_cloud_things recording", "version": version, "replies": list(rows)}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is cut off or edited"),
        ('{"format": "enphase', "is cut off or edited: in line 1"),
        ("[" * 100_000, "is no JSON at all"),
        ("[]", "is neither a recording nor diagnostics that have one"),
        ('{"home_assistant": {}, "data": {"entry": {}}}', "is neither a recording nor diagnostics that have one"),
        (json.dumps(file_with(row(1), version=2)), "is a recording of version 2, and only 1 can be played"),
        (json.dumps(file_with(row(1), version=None)), "is a recording of version unknown"),
        (json.dumps(file_with(row(1), version=True)), "is a recording of version True"),
        (json.dumps(file_with()), "was edited or damaged: it has no replies"),
        (json.dumps(file_with(row(1), row(2, at="late"))), "was edited or damaged: reply 2 has no usable at"),
        (json.dumps(file_with(row(1, at="0001-01-01T00:00:00+14:00"))), "reply 1 has no usable at"),
        (json.dumps(file_with(row(1, until="9999-12-31T23:59:59-01:00"))), "reply 1 has no usable until"),
        (json.dumps(file_with(row(1, host="evil.example"))), "reply 1 has no usable host"),
        (json.dumps(file_with(row(1, status="fine"))), "reply 1 has no usable status"),
        (json.dumps(file_with(row(1, status=99999))), "reply 1 has no usable status"),
        (json.dumps(file_with(row(1, status=101))), "reply 1 has no usable status"),
        (json.dumps(file_with(row(1, headers=[]))), "reply 1 has no usable headers"),
        (json.dumps(file_with([])), "reply 1 has no usable content"),
    ],
)
def test_a_file_that_cannot_be_played_gets_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "download.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordingError) as error:
        read_recording(path)
    assert sentence in str(error.value)
    assert str(error.value).startswith("download.json ")
    assert str(error.value).count(". ") == 0


def test_a_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"^none\.json cannot be read: No such file or directory\.$"):
        read_recording(tmp_path / "none.json")


def test_a_giant_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "giant.json"
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(RecordingError, match="larger than any recording"):
        read_recording(path)


def test_a_recording_is_found_in_diagnostics_too(tmp_path: Path) -> None:
    path = tmp_path / "download.json"
    path.write_text(json.dumps({"data": {"recording": file_with(row(1))}}), encoding="utf-8")
    assert len(read_recording(path).replies) == 1


def test_playing_begins_after_the_last_gap() -> None:
    recording = parse_recording(file_with(row(1), row(2), row(45), row(50)))
    assert recording.start == datetime(2026, 11, 17, 18, 45, tzinfo=UTC)
    assert recording.end == datetime(2026, 11, 17, 18, 50, tzinfo=UTC)


@pytest.mark.parametrize(("minute", "expected"), [(0, 1), (5, 1), (44, 1), (45, 2), (59, 2)])
def test_the_last_reply_before_a_time_counts(minute: int, expected: int) -> None:
    recording = parse_recording(file_with(row(1, json=1), row(45, json=2)))
    start = datetime(2026, 11, 17, 18, minute, tzinfo=UTC)
    playback = Playback(recording, ManualClock(START_OF_TEST), start=start)
    reply = playback.reply_to("GET", "enlighten", STATUS_PATH, query={}, body=b"")
    assert reply is not None
    assert reply.json == expected


def test_the_reply_to_the_same_question_is_preferred() -> None:
    rows = [row(1, query={"date": day}, json=day) for day in ("2026-11-16", "2026-11-17")]
    playback = Playback(parse_recording(file_with(*rows)), ManualClock(START_OF_TEST))
    asked = [
        playback.reply_to("GET", "enlighten", STATUS_PATH, query={"date": day}, body=b"")
        for day in ("2026-11-16", "2026-11-17", "2026-11-18")
    ]
    assert [reply.json for reply in asked if reply] == ["2026-11-16", "2026-11-17", "2026-11-17"]


@pytest.mark.parametrize(
    ("recorded", "played"),
    [
        ("2026-11-17T18:00:00.118204221Z[UTC]", "2026-11-18T20:00:00.118204221Z[UTC]"),
        ("2026-11-17 18:00+01:00", "2026-11-18 20:00+01:00"),
        (1794938400, 1795032000),
        (1794938400000, 1795032000000),
        ("1794938401", "1795032001"),
        ("2026-11-17", "2026-11-18"),
        ("17-11-2026", "18-11-2026"),
        (17452.18, 17452.18),
        ("202640011873", "202640011873"),
        (202640011874, 202640011874),
        ("2026-99-99T18:00:00Z", "2026-99-99T18:00:00Z"),
        (None, None),
        (True, True),
    ],
)
async def test_times_are_moved_in_their_own_spelling(
    recorded: JsonValue, played: JsonValue, socket_enabled: None
) -> None:
    recording = parse_recording(file_with(row(0, json={"a": [recorded]})))
    clock = ManualClock(recording.start + timedelta(days=1, hours=2))
    async with (
        replaying(recording, clock=clock) as replay,
        aiohttp.ClientSession() as http,
        http.get(f"{replay.enlighten_url}{STATUS_PATH}") as response,
    ):
        assert await response.json(content_type=None) == {"a": [played]}


async def test_it_is_played_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "download.json"
    path.write_text(json.dumps(file_with(row(1), row(2))), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", "0", "--replay", path, "--at", "2026-11-17T18:02"),
        stdout=PIPE,
    )
    assert process.stdout is not None
    told = [(await process.stdout.readline()).decode() for _ in range(5)]
    process.terminate()
    await process.communicate()
    assert "127.0.0.1" in told[0]
    assert told[4] == "playing from   2026-11-17 18:02 UTC\n"


async def test_the_command_line_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "download.json"
    path.write_text("[]", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--replay", path), stdout=PIPE, stderr=PIPE
    )
    _, told = await process.communicate()
    assert process.returncode == 1
    assert told.decode() == "download.json is neither a recording nor diagnostics that have one.\n"
