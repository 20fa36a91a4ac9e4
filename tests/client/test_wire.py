"""Single values out of JSON."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
import logging
import math
import re

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import InvalidResponse
from custom_components.enphase_cloud_things.enlighten.wire import Fields, JsonValue, Oddities, Range, rows

from .answers import ANY_JSON

NOON = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
NOON_SECONDS = 1794312000
ANYTHING = Range(-1e308, 1e308)


class Colour(StrEnum):
    RED = "RED"


def field(value: JsonValue) -> Fields:
    return Fields({"x": value}, "reply", Oddities())


@pytest.mark.parametrize(
    "value",
    [
        NOON_SECONDS,
        NOON_SECONDS * 1000,
        float(NOON_SECONDS),
        str(NOON_SECONDS),
        f" {NOON_SECONDS * 1000} ",
        "2026-11-10T12:00:00Z",
        "2026-11-10T12:00:00.000Z[UTC]",
        "2026-11-10T12:00:00.000000000Z[UTC]",
        "2026-11-10T12:00:00+00:00",
        "2026-11-10T13:00:00.000+01:00",
        "2026-11-10T13:00:00+01:00[Europe/Vienna]",
        "2026-11-10T12:00:00",
        "2026-11-10 12:00",
    ],
    ids=repr,
)
def test_a_time_has_many_spellings(value: JsonValue) -> None:
    """Trap 40: brackets, nanoseconds, seconds and milliseconds."""
    moment = field(value).time("x")

    assert moment == NOON
    assert moment is not None
    assert moment.tzinfo is UTC


def test_a_nanosecond_is_cut_to_a_microsecond() -> None:
    moment = field("2026-11-10T12:00:00.123456789Z[UTC]").time("x")

    assert moment == NOON + timedelta(microseconds=123456)


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        "0",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        10**18,
        10**400,
        "never",
        "[UTC]",
        True,
        math.inf,
        [],
        {},
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_time_is_none(value: JsonValue) -> None:
    assert field(value).time("x") is None


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=365 * 200)))
def test_every_time_survives_its_own_spelling(since_1970: timedelta) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + since_1970
    naive = moment.isoformat().removesuffix("+00:00")

    for text in (moment.isoformat(), f"{naive}Z[UTC]", naive):
        assert field(text).time("x") == moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, 7), (-7.5, -7.5), ("7", 7), (" 7.5 ", 7.5), ("-1e3", -1000), (".5", 0.5), ("5.", 5), (0, 0), ("+4", 4)],
    ids=repr,
)
def test_a_number_may_be_text(value: JsonValue, expected: float) -> None:
    assert field(value).number(ANYTHING, "x") == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "  ",
        "nan",
        "inf",
        "1e999",
        "1_000",
        "0x10",
        "٣",
        "7 A",
        True,
        False,
        [],
        {},
        math.nan,
        math.inf,
        10**400,
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_number_is_none(value: JsonValue) -> None:
    assert field(value).number(ANYTHING, "x") is None


@pytest.mark.parametrize(
    ("value", "expected"), [(7, 7), ("7", 7), (7.0, 7), ("7.0", 7), (-1, -1), (7.5, None), ("7.5", None)], ids=repr
)
def test_a_whole_number_has_no_fraction(value: JsonValue, expected: int | None) -> None:
    assert field(value).integer(ANYTHING, "x") == expected


@pytest.mark.parametrize(("value", "expected"), [(1, 1), ("32", 32), (0, None), (33, None), ("1e300", None)], ids=repr)
def test_a_number_lies_within_its_range(value: JsonValue, expected: int | None) -> None:
    """Trap 81: what cannot be is not known."""
    assert field(value).integer(Range(1, 32), "x") == expected
    assert field(value).number(Range(1, 32), "x") == expected


@given(ANY_JSON)
def test_text_for_people_is_one_short_line(value: JsonValue) -> None:
    """Traps 82 and 92."""
    text = field(value).text("x")

    assert text is None or (len(text) <= 255 and not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u202e]", text))


def test_a_list_beyond_all_reason_is_cut() -> None:
    assert len(field([{}] * 5_000).rows("x")) == 1_000


@pytest.mark.parametrize("value", [True, 1, 1.0, "true", "True", "1", "yes", "on", " Enabled "], ids=repr)
def test_yes_has_many_spellings(value: JsonValue) -> None:
    assert field(value).boolean("x") is True


@pytest.mark.parametrize("value", [False, 0, 0.0, "false", "0", "NO", "off", "disabled"], ids=repr)
def test_no_has_many_spellings(value: JsonValue) -> None:
    assert field(value).boolean("x") is False


@pytest.mark.parametrize("value", [2, -1, 0.5, "maybe", "", None, [], {}, math.nan], ids=repr)
def test_what_is_neither_is_none(value: JsonValue) -> None:
    assert field(value).boolean("x") is None


@pytest.mark.parametrize(
    ("value", "expected"), [(" a ", "a"), ("", None), (" ", None), (5, None), (True, None)], ids=repr
)
def test_text_is_stripped_and_never_blank(value: JsonValue, expected: str | None) -> None:
    assert field(value).text("x") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("007", "007"), (7, "7"), (7.0, None), (True, None), ([], None)], ids=repr
)
def test_an_identifier_is_text(value: JsonValue, expected: str | None) -> None:
    assert field(value).identifier("x") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (True, "true"), (False, "false"), ({}, None)],
    ids=repr,
)
def test_a_single_value_can_be_had_as_text(value: JsonValue, expected: str | None) -> None:
    assert field(value).scalar("x") == expected


def test_the_first_name_with_a_value_counts() -> None:
    fields = Fields({"a": None, "b": 2, "c": 3}, "reply", Oddities())

    assert fields.integer(ANYTHING, "missing", "a", "b", "c") == 2
    assert fields.raw("missing", "a", "c") == 3
    assert "a" in fields
    assert "missing" not in fields


def test_an_unreadable_value_hides_the_next_name() -> None:
    fields = Fields({"a": "nonsense", "b": 2}, "reply", Oddities())

    assert fields.integer(ANYTHING, "a", "b") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("red", Colour.RED),
        ("Blue", "BLUE"),
        (" ", None),
        (7, None),
        ("<b>no word</b>", None),
        ("of 202640011873", None),
    ],
    ids=repr,
)
def test_a_word_of_an_open_set(value: JsonValue, expected: str | None) -> None:
    assert field(value).word(Colour, "x") == expected


@pytest.mark.parametrize("value", [None, "text", 7, []], ids=repr)
def test_what_is_no_object_has_no_fields(value: JsonValue) -> None:
    inner = field(value).fields("x")

    assert inner.path == "reply.x"
    assert inner.text("y") is None


@pytest.mark.parametrize("value", [None, "text", 7, {}, [], [7, None]], ids=repr)
def test_what_is_no_list_of_objects_has_no_rows(value: JsonValue) -> None:
    assert field(value).rows("x") == ()


def test_paths_lead_to_the_value_and_name_no_keys(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    oddities = Oddities()
    fields = Fields({"a": [{"b": {"4410287": {"c": "nonsense"}}}, "text"]}, "reply", oddities)

    (row,) = fields.rows("a")
    ((key, inner),) = row.fields("b").entries()

    assert key == "4410287"
    assert inner.integer(ANYTHING, "c") is None
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        "The cloud sent something unreadable at reply.a[1]",
        "The cloud sent something unreadable at reply.a[0].b[0].c",
    ]


def test_each_oddity_is_logged_once_and_only_so_many(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    oddities = Oddities(capacity=2)

    for path in ("a", "b", "a", "c"):
        oddities.unreadable(path)

    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("word", "shown"), [("Napping", True), ("Off-Peak now", True), ("202640011873", False), ("a@example.com", False)]
)
def test_an_unknown_word_is_logged_unless_it_could_be_an_identifier(
    caplog: pytest.LogCaptureFixture, word: str, shown: bool
) -> None:
    caplog.set_level(logging.DEBUG)

    Oddities().unknown("reply.x", word)

    assert "reply.x" in caplog.text
    assert (word in caplog.text) is shown


@pytest.mark.parametrize("reply", [None, [], {}], ids=repr)
def test_an_empty_reply_has_no_fields(reply: JsonValue) -> None:
    assert Fields.of_reply(reply, "reply", Oddities()).text("x") is None


@pytest.mark.parametrize("reply", ["text", 7, True, [{}]], ids=repr)
def test_a_reply_that_is_no_object_is_invalid(reply: JsonValue) -> None:
    with pytest.raises(InvalidResponse, match="could not be read at reply"):
        Fields.of_reply(reply, "reply", Oddities())


@given(ANY_JSON)
def test_no_value_breaks_a_reader(value: JsonValue) -> None:
    fields = field(value)
    number = fields.number(ANYTHING, "x")
    assert number is None or math.isfinite(number)
    integer = fields.integer(ANYTHING, "x")
    assert integer is None or integer == number
    text = fields.text("x")
    assert text is None or text == text.strip() != ""
    moment = fields.time("x")
    assert moment is None or moment.timestamp() > 0
    assert fields.boolean("x") in {None, True, False}
    for row in rows([value], "reply", Oddities()):
        assert row.entries() is not None


def test_half_a_surrogate_pair_is_no_text() -> None:
    """Neither a file nor a header could take it."""
    odd = field("Garage \ud800")

    assert odd.text("x") is odd.identifier("x") is odd.scalar("x") is odd.word(Colour, "x") is None
    assert Fields({"\ud800": {}, "y": {}}, "reply", Oddities()).entries()[0][0] == "y"
