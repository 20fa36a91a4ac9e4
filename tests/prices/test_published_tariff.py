"""A year of prices from the words of the cloud, against whoever reads those words minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.enphase_cloud_things.enlighten.models.tariffs import Tariff
from custom_components.enphase_cloud_things.enlighten.wire import Oddities
from custom_components.enphase_cloud_things.prices.intervals import import_prices

MINUTE = timedelta(minutes=1)


def row(kind: str, start: str, end: str, rate: str) -> dict[str, Any]:
    """Return a period as the cloud spells it: minutes are text, and ends are inclusive."""
    return {"id": kind, "type": kind, "startTime": start, "endTime": end, "rate": rate, "rateComponents": []}


PUBLISHED: dict[str, Any] = {
    "site_id": 4410287,
    "currency": "$",
    "purchase": {
        "typeKind": "seasonal-and-weekends",
        "typeId": "tou",
        "source": "autofill",
        "seasons": [
            {
                "id": "summer",
                "startMonth": "6",
                "endMonth": "9",
                "days": [
                    {
                        "id": "weekdays",
                        "days": [1, 2, 3, 4, 5],
                        "periods": [
                            row("off-peak", "", "", "0.2710"),
                            row("mid-peak", "900", "959", "0.3312"),
                            row("peak", "960", "1259", "0.4935"),
                            row("mid-peak", "1260", "1439", "0.3310"),
                        ],
                    },
                    {
                        "id": "weekend",
                        "days": [6, 7],
                        "periods": [row("off-peak", "", "", "0.2650"), row("peak", "1020", "1259", "0.4105")],
                    },
                ],
            },
            {
                "id": "winter",
                "startMonth": "10",
                "endMonth": "5",
                "days": [
                    {
                        "id": "week",
                        "days": [1, 2, 3, 4, 5, 6, 7],
                        "periods": [
                            row("off-peak", "", "", "0.2411"),
                            row("super-off-peak", "0", "359", "0.1902"),
                            row("peak", "960", "1259", "0.3021"),
                        ],
                    }
                ],
            },
        ],
    },
}
ALL_DAY = row("off-peak", "0", "1439", "0.2710")


def looked_up(shown: datetime) -> float:
    """Return what the words say of one minute that the clock at the site shows."""
    wraps_the_year = not 6 <= shown.month <= 9
    season = PUBLISHED["purchase"]["seasons"][1 if wraps_the_year else 0]
    group = next(group for group in season["days"] if shown.isoweekday() in group["days"])
    fallback, *timed = group["periods"]
    minute = 60 * shown.hour + shown.minute
    for period in timed:
        if int(period["startTime"]) <= minute <= int(period["endTime"]):
            return float(period["rate"])
    return float(fallback["rate"])


def read(reply: dict[str, Any]) -> Tariff:
    """Read a reply as the client does."""
    return Tariff.from_wire(reply, Oddities())


@pytest.mark.parametrize("name", ["US/Pacific", "Europe/Vienna", "Australia/Lord_Howe"])
def test_every_minute_of_a_year_costs_what_the_cloud_says(name: str) -> None:
    zone = ZoneInfo(name)
    begin, end = (datetime(year, 1, 1, tzinfo=zone).astimezone(UTC) for year in (2026, 2027))
    wrong: list[datetime] = []
    moment = begin
    for interval in import_prices(read(PUBLISHED), zone).intervals(begin, end):
        price = interval.price
        assert price is not None
        assert interval.start <= moment
        while moment < min(interval.end, end):
            if looked_up(moment.astimezone(zone)) != price.rate:
                wrong.append(moment)
            moment += MINUTE
    assert (moment, wrong) == (end, [])


def test_a_row_that_spells_out_the_whole_day_hides_no_peak() -> None:
    zone = ZoneInfo("Europe/Vienna")
    periods = [ALL_DAY, row("peak", "960", "1259", "0.4935")]
    season = {"startMonth": "1", "endMonth": "12", "days": [{"id": "week", "periods": periods}]}
    schedule = import_prices(read({"purchase": {"typeId": "tou", "seasons": [season]}}), zone)
    rates = []
    for hour in (15, 16, 20, 21):
        interval = schedule.price_at(datetime(2026, 11, 10, hour, tzinfo=zone))
        assert interval is not None
        assert interval.price is not None
        rates.append(interval.price.rate)
    assert rates == [0.271, 0.4935, 0.4935, 0.271]
