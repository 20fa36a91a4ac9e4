"""How the cloud's spelling of periods becomes half-open minutes and weekdays."""

import pytest

from custom_components.enphase_cloud_things.enlighten.models.tariffs import half_open_minutes, weekdays_of


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, None),
        (0, 959, (0, 960)),
        (960, 1259, (960, 1260)),
        (1260, 1439, (1260, 1440)),
        (1020, 1260, (1020, 1260)),
        (0, 59, (0, 60)),
        (0, 1439, (0, 1440)),
        (0, 1440, (0, 1440)),
        (0, 0, (0, 1440)),
        (1320, 0, (1320, 1440)),
        (1320, 359, (1320, 360)),
        (1440, 360, (0, 360)),
        (600, 615, (600, 615)),
        (600, 614, (600, 615)),
        (None, 359, (0, 360)),
        (1320, None, (1320, 1440)),
    ],
)
def test_inclusive_and_exclusive_ends_become_half_open(
    start: int | None, end: int | None, expected: tuple[int, int] | None
) -> None:
    """Trap 18: both spellings occur, and neither a gap nor an overlap may come of it."""
    assert half_open_minutes(start, end) == expected


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (0, 1441), (1441, 60), (0, -5)])
def test_minutes_outside_of_a_day_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        half_open_minutes(start, end)


@pytest.mark.parametrize(
    ("group_id", "expected"),
    [
        ("week", {1, 2, 3, 4, 5, 6, 7}),
        ("weekdays", {1, 2, 3, 4, 5}),
        ("Weekday", {1, 2, 3, 4, 5}),
        ("weekend", {6, 7}),
        ("WEEKENDS", {6, 7}),
        (None, {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_the_id_of_a_day_group_stands_for_its_weekdays(group_id: str | None, expected: set[int]) -> None:
    assert weekdays_of(group_id) == expected
