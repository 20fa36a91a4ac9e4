"""States that survive a restart as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads
from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import Credentials
from custom_components.enphase_cloud_things.enlighten.session.state import GuardReason, SignInGuard, StoredCookie
from custom_components.enphase_cloud_things.stored import restored

# Text as it occurs in cookies, tokens and addresses
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
MOMENTS = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=365 * 200)).map(
    lambda since_1970: datetime(1970, 1, 1, tzinfo=UTC) + since_1970
)
COOKIES = st.builds(
    StoredCookie,
    name=WORDS,
    value=WORDS,
    domain=WORDS,
    path=WORDS,
    secure=st.booleans(),
    expires=st.just(""),
)
CREDENTIALS = st.builds(
    Credentials,
    email=WORDS,
    user_id=st.none() | WORDS,
    cookies=st.lists(COOKIES, max_size=4).map(tuple),
    session_id=st.none() | WORDS,
    access_token=st.none() | WORDS,
    access_token_expires_at=st.none() | MOMENTS,
    manager_token=st.none() | WORDS,
    signed_in_at=st.none() | MOMENTS,
    one_time_codes=st.booleans(),
    rate_limited_until=st.none() | MOMENTS,
    guard=st.builds(
        SignInGuard,
        rejections=st.integers(min_value=0, max_value=1000),
        outages=st.integers(min_value=0, max_value=1000),
        blocked_until=st.none() | MOMENTS,
        reason=st.none() | st.sampled_from(GuardReason).map(str),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter as a store may keep it."""

    energy: float
    epoch: int = 0
    since: datetime | None = None


class Kind(StrEnum):
    """A word."""

    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A state with everything that may be in one."""

    name: str = ""
    known: bool = False
    kind: Kind | None = None
    day: date | None = None
    counter: Counter | None = None
    history: tuple[Counter, ...] = ()
    bounds: tuple[int, int] = (6, 40)
    by_day: Mapping[date, float] = field(default_factory=dict)


FULL: Final = Remembered(
    name="Garage",
    known=True,
    kind=Kind.MANUAL,
    day=date(2026, 11, 10),
    counter=Counter(energy=12.5, epoch=3, since=datetime(2026, 11, 10, 7, 5, tzinfo=UTC)),
    history=(Counter(energy=1.0), Counter(energy=2.0)),
    bounds=(8, 32),
    by_day={date(2026, 11, 9): 4.25},
)


def test_a_state_comes_back_from_json_as_it_was_written() -> None:
    assert restored(Remembered, json_loads(json_bytes(FULL))) == FULL


@pytest.mark.parametrize("stored", [None, [], "text", 5, True, [{"name": "Garage"}]])
def test_a_state_of_another_shape_was_never_known(stored: object) -> None:
    """Trap 86."""
    assert restored(Remembered, stored) is None


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("name", 5),
        ("known", "yes"),
        ("known", 1),
        ("kind", "windy"),
        ("kind", []),
        ("day", "2026-13-10"),
        ("day", 20261110),
        ("counter", {"epoch": 3}),
        ("counter", {"energy": True}),
        ("counter", {"energy": "12.5"}),
        ("counter", [12.5]),
        ("history", {"energy": 1.0}),
        ("bounds", [8]),
        ("bounds", [8, "many"]),
        ("bounds", [8, 32.5]),
        ("by_day", [4.25]),
    ],
)
def test_a_field_of_another_shape_takes_its_default(name: str, stored: object) -> None:
    """Trap 86."""
    read = restored(Remembered, {"name": "Garage", "known": True} | {name: stored})
    assert read == replace(Remembered(name="Garage", known=True), **{name: getattr(Remembered(), name)})


def test_a_state_that_is_not_written_yet_is_taken_as_it_is() -> None:
    """Home Assistant's storage gives back the object itself while its write is under way."""
    assert restored(Remembered, FULL) is FULL


def test_a_type_that_has_no_way_back_is_a_mistake_of_ours_and_not_of_the_file() -> None:
    with pytest.raises(TypeError, match="bytes"):
        restored(bytes, "x")


def test_elements_and_entries_that_do_not_fit_are_left_out() -> None:
    read = restored(
        Remembered,
        {
            "history": [{"energy": 1.0}, {"epoch": 2}, "x"],
            "by_day": {"2026-11-09": 4.25, "today": 1, "2026-11-10": "x"},
        },
    )
    assert read == Remembered(history=(Counter(energy=1.0),), by_day={date(2026, 11, 9): 4.25})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.5, 1.5), (3, 3.0), (True, None), ("1.5", None), (None, None), (float("nan"), None), (float("inf"), None)],
)
def test_only_a_finite_number_is_read_back_as_a_number(value: object, expected: float | None) -> None:
    assert restored(float, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-10T07:05:00+00:00", datetime(2026, 11, 10, 7, 5, tzinfo=UTC)),
        ("2026-11-10T07:05:00", None),
        ("yesterday", None),
        (1794294312, None),
        (None, None),
    ],
)
def test_only_an_aware_time_is_read_back_as_a_time(value: object, expected: datetime | None) -> None:
    assert restored(datetime, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("2026-11-10", date(2026, 11, 10)), ("2026-13-10", None), (20261110, None), (None, None)]
)
def test_only_a_date_is_read_back_as_a_day(value: object, expected: date | None) -> None:
    assert restored(date, value) == expected


@given(CREDENTIALS)
def test_credentials_survive_a_file(credentials: Credentials) -> None:
    assert restored(Credentials, json_loads(json_bytes(credentials))) == credentials
