"""Answers of the cloud that the simulator does not know by name."""

from hypothesis import strategies as st

from custom_components.enphase_cloud_things.enlighten.wire import JsonValue
from simulator.faults import Trouble
from simulator.reply import Reply, redirect


def redirected(location: str) -> Trouble:
    """Lead to a path of the same host, or to a whole address."""
    if location.startswith("/"):
        return Trouble(name="redirect", answer=redirect(location))
    return Trouble(name="redirect", answer=Reply(status=302, headers=(("Location", location),)))


_SCALARS: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["nan", "1e999", "-0", "1794294330412", "2026-11-10T07:05:12.118204221Z[UTC]", "0001-01-01", "CHARGING"]
    ),
    st.sampled_from([10**400, -(10**400), 10**18, 1794294330412]),
)
_NAMES = st.sampled_from(
    [
        "data",
        "chargers",
        "evChargerData",
        "sites",
        "modes",
        "config",
        "sn",
        "id",
        "key",
        "session_d",
        "connectors",
        "sch_d",
        "info",
        "error",
    ]
)

# Whatever JSON can express, with a taste for the names that the cloud uses
ANY_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(), inner, max_size=4),
    max_leaves=12,
)

# What a reply has broken something with
ABSURD: st.SearchStrategy[JsonValue] = st.sampled_from(
    [
        *(1e14, 1e308, -1e308, 10**400, -1, 0, "1e300", "9" * 5_000, "x" * 100_000),
        *("a\r\nb", "[click](http://x)", "\ud800", None, {}, [], [{}]),
    ]
)


def places(value: JsonValue, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return every place in a reply, itself included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, item in items for place in places(item, (*path, name)))]


def mutated(value: JsonValue, path: tuple[str | int, ...], other: JsonValue) -> JsonValue:
    """Return a copy with something else at one place."""
    if not path:
        return other
    name, *rest = path
    if isinstance(value, dict):
        return {key: mutated(item, tuple(rest), other) if key == name else item for key, item in value.items()}
    if isinstance(value, list):
        return [mutated(item, tuple(rest), other) if at == name else item for at, item in enumerate(value)]
    return value
