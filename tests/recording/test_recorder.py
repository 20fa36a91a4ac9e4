"""The recorder keeps what is new, counts what is repeated, and stays within its bounds."""

from datetime import datetime, timedelta
import json
from typing import Final

import pytest

from custom_components.enphase_cloud_things.enlighten import endpoints
from custom_components.enphase_cloud_things.enlighten.recording.ring import LONG_LIMIT, ORDINARY_LIMIT, Recorder
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue

from .replies import NOON, asked, document, reply

HALF_MINUTE: Final = timedelta(seconds=30)


def status(energy: JsonValue = 0, stamp: int = 1794940950275) -> JsonValue:
    return {"meta": {"serverTimeStamp": stamp}, "data": {"chargers": [{"sn": "x", "session_d": {"e_c": energy}}]}}


@pytest.fixture
def recorder() -> Recorder:
    """A recorder that has noted nothing yet."""
    return Recorder()


def fill(recorder: Recorder, bytes_in_all: int, *, start: datetime = NOON) -> None:
    """Have the recorder note different replies of one shape."""
    for number in range(bytes_in_all // 2000):
        reply(
            recorder, {"data": {"chargers": [{"name": f"{number:05}" + "x" * 2000}]}}, at=start + number * HALF_MINUTE
        )


def test_replies_that_say_the_same_are_counted(recorder: Recorder) -> None:
    for number in range(5):
        reply(recorder, status(stamp=1794940950275 + number), at=NOON + number * HALF_MINUTE)
    (row,) = document(recorder)
    assert (row["at"], row["until"], row["times"]) == (
        NOON.isoformat(),
        (NOON + 4 * HALF_MINUTE).isoformat(),
        5,
    )


def test_a_repeated_reply_takes_no_memory(recorder: Recorder) -> None:
    reply(recorder, status())
    before = recorder.size
    for number in range(1000):
        reply(recorder, status(stamp=number))
    assert recorder.size == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (status(1), status(2)),
        (status(1), status("1")),
        (status(1), status([])),
        ({"timestamp": "2026-11-17T12:00:00Z", "data": 1}, {"timestamp": "2026-11-17T12:00:00Z", "data": 2}),
    ],
)
def test_replies_that_differ_are_kept(recorder: Recorder, first: JsonValue, second: JsonValue) -> None:
    reply(recorder, first)
    reply(recorder, second)
    assert len(recorder.recorded) == 2


def test_another_status_is_another_reply(recorder: Recorder) -> None:
    reply(recorder, {})
    reply(recorder, {}, status=500)
    assert [row["status"] for row in document(recorder)] == [200, 500]


def test_each_command_counts_for_itself(recorder: Recorder) -> None:
    for _ in range(2):
        reply(recorder, {"status": "accepted"}, to=asked(endpoints.START_ROUTES[0], sent={"connectorId": 1}))
    assert [row["sent"] for row in document(recorder)] == [{"connectorId": 1}] * 2


def test_other_questions_are_told_apart(recorder: Recorder) -> None:
    for day in ("2026-11-16", "2026-11-17"):
        reply(recorder, {}, to=asked(endpoints.SAVINGS, date=day))
    assert [row["query"] for row in document(recorder)] == [{"date": "2026-11-16"}, {"date": "2026-11-17"}]


def test_a_missing_answer_is_kept_like_any_other(recorder: Recorder) -> None:
    for number in range(3):
        recorder.failed(asked(), at=NOON + number * HALF_MINUTE, seconds=15, failure="TimeoutError")
    (row,) = document(recorder)
    assert (row["failure"], row["seconds"], row["times"]) == ("TimeoutError", 15, 3)


def test_the_memory_is_bounded(recorder: Recorder) -> None:
    fill(recorder, 3 * ORDINARY_LIMIT)
    assert 0.9 * ORDINARY_LIMIT < recorder.size <= ORDINARY_LIMIT


def test_of_many_alike_the_newest_stay(recorder: Recorder) -> None:
    fill(recorder, 3 * ORDINARY_LIMIT)
    times = [each.at for each in recorder.recorded]
    assert times == sorted(times)
    assert times[-1] == NOON + (3 * ORDINARY_LIMIT // 2000 - 1) * HALF_MINUTE
    assert times[0] > NOON


def test_what_was_new_once_outlives_what_is_repeated(recorder: Recorder) -> None:
    reply(recorder, {"data": {"chargers": [{"solarBoost": 1}]}})
    fill(recorder, 3 * ORDINARY_LIMIT)
    assert "solarBoost" in json.dumps(document(recorder)[0]["json"])


def test_shapes_without_end_are_bounded_too(recorder: Recorder) -> None:
    for number in range(ORDINARY_LIMIT // 500):
        reply(recorder, {f"field{number}": "x" * 1000}, at=NOON + number * HALF_MINUTE)
    assert recorder.size <= ORDINARY_LIMIT
    assert recorder.recorded[0].at > NOON


def test_a_longer_recording_keeps_more_for_as_long_as_it_runs(recorder: Recorder) -> None:
    recorder.long_until = NOON + timedelta(days=1)
    fill(recorder, 3 * ORDINARY_LIMIT)
    assert ORDINARY_LIMIT < recorder.size <= LONG_LIMIT
    reply(recorder, status(), at=NOON + timedelta(days=1, seconds=1))
    assert recorder.size <= ORDINARY_LIMIT


@pytest.mark.parametrize("body", [b"<html>" + b"x" * 100_000, b"x" * 5_000_000])
def test_a_giant_page_is_kept_by_its_beginning(recorder: Recorder, body: bytes) -> None:
    reply(recorder, body)
    (row,) = document(recorder)
    assert row["cut"] == len(body)
    assert len(str(row["text"])) == 16 * 1024


def test_headers_and_cookies_count_as_well(recorder: Recorder) -> None:
    reply(recorder, {})
    ordinary = recorder.size
    reply(
        recorder,
        {},
        to=asked(endpoints.LOGIN),
        headers={"Location": "x" * 8000},
        cookies=("y" * 4000,),
    )
    assert recorder.size >= 2 * ordinary + 12_000 - len("application/json")


def test_a_giant_value_is_cut(recorder: Recorder) -> None:
    reply(recorder, {"data": "x" * 5_000_000})
    assert recorder.size < 20_000


def test_what_is_kept_is_not_shown_when_printed(recorder: Recorder) -> None:
    reply(recorder, {"data": "secret"}, to=asked(endpoints.CONFIGURE, sent={"key": "secret"}, site_id="secret"))
    recorder.failed(asked(endpoints.SAVINGS, date="secret"), at=NOON, seconds=1, failure="TimeoutError")
    assert "secret" not in repr(recorder.recorded)
    assert "4410287" not in repr(recorder.recorded)
