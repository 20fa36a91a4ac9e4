"""What was stored of chargers, also by earlier versions."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant

from custom_components.enphase_cloud_things.chargers.charger import StoredCharger
from custom_components.enphase_cloud_things.chargers.metering import Counters, DayEnergy, LifetimeCounter, LowerSeries
from custom_components.enphase_cloud_things.chargers.sessions import (
    SessionEnd,
    SessionEventType,
    SessionFigures,
    SessionWatch,
)
from custom_components.enphase_cloud_things.chargers.store import charger_file

NOW: Final = datetime(2026, 11, 28, 1, 45, tzinfo=UTC)
BEFORE: Final = NOW - timedelta(hours=2)
KEY: Final = "enphase_cloud_things.entry"

OLD: Final[dict[str, Any]] = {
    "meter": {
        "lifetime": {
            "energy": 2482.5,
            "epoch": 1,
            "lower_first": 3.5,
            "lower_last": 4.25,
            "lower_grown_at": NOW.isoformat(),
            "lower_growing": 900.0,
        },
        "day": {
            "day": "2026-11-28",
            "energy": 0.5,
            "estimated": True,
            "counter": 2482.5,
            "epoch": 1,
            "counted_until": NOW.isoformat(),
        },
    },
    "wished_amps": 24,
    "refused_levels": [7, 9],
    "restarted_at": BEFORE.isoformat(),
    "watch": {"seen_at": NOW.isoformat(), "plugged_in": True, "started_at": BEFORE.isoformat(), "energy": 7.5},
    "end": {
        "kinds": "finished,unplugged",
        "until": NOW.isoformat(),
        "observed_late": True,
        "started_at": BEFORE.isoformat(),
        "energy": 7.25,
    },
}
STORED: Final = StoredCharger(
    counters=Counters(
        lifetime=LifetimeCounter(
            energy=2482.5, epoch=1, lower=LowerSeries(first=3.5, last=4.25, grown_at=NOW, growing=900.0)
        ),
        day=DayEnergy(day=NOW.date(), energy=0.5, estimated=True, counter=2482.5, epoch=1, counted_until=NOW),
    ),
    chosen_amps=24,
    refused_levels=(7, 9),
    restarted_at=BEFORE,
    watch=SessionWatch(
        seen_at=NOW,
        plugged_in=True,
        figures=SessionFigures(started_at=BEFORE, energy=7.5),
        end=SessionEnd(
            kinds=(SessionEventType.FINISHED, SessionEventType.UNPLUGGED),
            figures=SessionFigures(started_at=BEFORE, energy=7.25),
            until=NOW,
            observed_late=True,
        ),
    ),
)


def envelope(data: dict[str, Any]) -> dict[str, Any]:
    """Return a file as the first version wrote it."""
    return {"version": 1, "minor_version": 1, "key": KEY, "data": data}


async def test_what_the_first_version_stored_is_taken_over(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    hass_storage[KEY] = envelope({"202640011873": OLD})
    assert await charger_file(hass, "entry").async_load() == {"202640011873": STORED}
    assert hass_storage[KEY]["minor_version"] == 2


async def test_an_incomplete_charger_of_the_first_version_is_taken_over_as_far_as_known(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = envelope({"202640011873": {"meter": {}, "wished_amps": None}})
    assert await charger_file(hass, "entry").async_load() == {"202640011873": StoredCharger()}


async def test_what_is_stored_comes_back(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    await charger_file(hass, "entry").async_save({"202640011873": STORED})
    assert await charger_file(hass, "entry").async_load() == {"202640011873": STORED}


async def test_a_file_of_a_later_version_is_read_as_it_is(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    hass_storage[KEY] = envelope({"202640011873": {"chosen_amps": 24}}) | {"minor_version": 3}
    assert await charger_file(hass, "entry").async_load() == {"202640011873": StoredCharger(chosen_amps=24)}
