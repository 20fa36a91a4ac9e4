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
