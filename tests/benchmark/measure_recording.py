"""What it costs to keep the last replies of the cloud."""

from datetime import timedelta
import json
from statistics import median
from time import thread_time
import tracemalloc

from custom_components.enphase_cloud_things.enlighten import Pseudonyms, Recorder, as_document
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from tests.recording.replies import NOON, asked

from .conftest import Record

ROUNDS = 50
REPLIES = 200
MEBIBYTE = 1 << 20


def status(number: int, energy: float) -> bytes:
    """Return the status of a charger as it comes every few seconds."""
    body: JsonValue = {
        "meta": {"serverTimeStamp": 1794940950275 + number},
        "data": {
            "site": "4410287",
            "chargers": [{"sn": "202640011873", "session_d": {"e_c": energy}, "x": "-" * 1200}],
        },
    }
    return json.dumps(body).encode()


def note(recorder: Recorder, number: int, body: bytes) -> None:
    """Have the recorder note a reply."""
    recorder.answered(
        asked(), at=NOON + timedelta(seconds=number), seconds=0.2, status=200, headers={}, body=body, cookies=()
    )


def cost(recorder: Recorder, bodies: list[bytes]) -> float:
    """Return the microseconds that noting one of some replies takes."""
    before = thread_time()
    for number, body in enumerate(bodies):
        note(recorder, number, body)
    return (thread_time() - before) / len(bodies) * 1e6


def test_a_repeated_reply(record: Record) -> None:
    recorder = Recorder()
    bodies = [status(number, 17452.18) for number in range(REPLIES)]
    spent = median(cost(recorder, bodies) for _ in range(ROUNDS))
    record("CPU of recording a repeated reply", spent, "µs", most=50)


def test_a_new_reply(record: Record) -> None:
    recorder = Recorder()
    spent = median(
        cost(recorder, [status(number, turn + number / REPLIES) for number in range(REPLIES)]) for turn in range(ROUNDS)
    )
    record("CPU of recording a new reply", spent, "µs", most=500)


def test_a_full_recording(record: Record) -> None:
    tracemalloc.start()
    try:
        recorder = Recorder()
        for number in range(5000):
            note(recorder, number, status(number, number))
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    record("memory of a full recording", used / MEBIBYTE, "MiB", most=1)
    before = thread_time()
    as_document(recorder.recorded, Pseudonyms())
    record("CPU of making a file of a full recording, in a thread", thread_time() - before, "s", most=5)
