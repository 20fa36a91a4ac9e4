"""No reply whatsoever breaks a reader: it is read, or it is invalid."""

from collections.abc import Callable
import contextlib

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.enlighten import Currency, DatedRates, InvalidResponse, Tariff
from custom_components.enphase_cloud_things.enlighten.models.savings import read_savings
from custom_components.enphase_cloud_things.enlighten.models.sessions import read_history_page
from custom_components.enphase_cloud_things.enlighten.models.vpp import read_enrolment_id, read_events, read_program_id
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities

from .optional_reads import TODAY

ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["", " ", "1439", "1e999", "2026-11-10", "2026-11-10T04:55:19.006Z[UTC]", "0001-01-01T00:00:00-23:00"]
    ),
    st.sampled_from([0, -1, 1440, 10**400, 1794294330412]),
)


def objects(values: st.SearchStrategy[JsonValue], names: tuple[str, ...]) -> st.SearchStrategy[JsonValue]:
    """Objects with some of these names, lists of them, or anything else."""
    rows = st.dictionaries(st.sampled_from(names), values, max_size=len(names))
    return st.one_of(rows, st.lists(st.one_of(rows, ODD_VALUES), max_size=3), ODD_VALUES)


def nested(*levels: tuple[str, ...]) -> st.SearchStrategy[JsonValue]:
    """Objects in objects, the outermost names first."""
    value: st.SearchStrategy[JsonValue] = ODD_VALUES
    for names in reversed(levels):
        value = objects(value, names)
    return value


TARIFF = (
    ("site_id", "purchase", "buyback"),
    ("typeId", "seasons"),
    ("id", "startMonth", "endMonth", "days", "tiers", "offPeak"),
    ("id", "days", "periods", "rate", "startValue", "endValue"),
    ("startTime", "endTime", "rate", "rateComponents"),
    ("Generation", "Credit"),
)
EVENTS = (("data",), ("id", "start_time", "end_time", "cancellation_timestamp", "superceded", "target_soc"))
RATES = (("data",), ("buyback", "siteDetails", "currency"), ("start", "end", "rate", "timezone"))
SAVINGS = (("data",), ("startDate", "energy", "monetary"), ("imported", "exported"))
HISTORY = (("data",), ("result", "hasMore"), ("id", "sessionId", "startTime", "endTime", "aggEnergyValue"))
CURRENCY = (("currency_conversion",), ("currency_unit", "currency_symbol"))
ENROLMENT = (("data",), ("program_id",))


@pytest.mark.parametrize(
    ("read", "levels"),
    [
        (lambda value: Tariff.from_wire(value, Oddities()), TARIFF),
        (lambda value: DatedRates.from_wire(value, Oddities(), day=TODAY), RATES),
        (lambda value: Currency.from_wire(value, Oddities()), CURRENCY),
        (lambda value: read_savings(value, Oddities(), day=TODAY), SAVINGS),
        (lambda value: read_history_page(value, Oddities()), HISTORY),
        (lambda value: read_events(value, Oddities()), EVENTS),
        (lambda value: read_enrolment_id(value, Oddities()), ENROLMENT),
        (lambda value: read_program_id(value, Oddities()), ENROLMENT),
    ],
    ids=["tariff", "export rates", "currency", "savings", "history", "events", "enrolment", "program"],
)
@given(data=st.data())
def test_no_json_breaks_a_reader(
    data: st.DataObject, read: Callable[[JsonValue], object], levels: tuple[tuple[str, ...], ...]
) -> None:
    """Trap 61: text where numbers belong, and worse."""
    value = data.draw(nested(*levels))
    with contextlib.suppress(InvalidResponse):
        read(value)
