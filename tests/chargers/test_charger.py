"""What is known of a charger at one moment, also where hardly anything is."""

from typing import Final

import pytest

from custom_components.enphase_cloud_things.chargers.charger import ChargerSnapshot
from custom_components.enphase_cloud_things.enlighten import ChargerStatus, ChargerSummary

SERIAL: Final = "202640011873"


def test_a_charger_that_only_the_metadata_knows_does_nothing_that_has_a_word() -> None:
    charger = ChargerSnapshot(serial=SERIAL, present=True, summary=ChargerSummary(serial=SERIAL))
    assert (charger.state, charger.session_active, charger.under_way) == (None, None, None)


@pytest.mark.parametrize(
    ("in_status", "in_summary", "name"),
    [
        ("IQ EV Charger_11873", "Driveway", "Driveway"),
        ("IQ EV Charger_11873", None, "IQ EV Charger_11873"),
        (None, None, "IQ EV Charger 1873"),
    ],
)
def test_the_name_that_its_owner_gave_comes_first(in_status: str | None, in_summary: str | None, name: str) -> None:
    charger = ChargerSnapshot(
        serial=SERIAL,
        present=True,
        status=ChargerStatus(serial=SERIAL, name=in_status),
        summary=ChargerSummary(serial=SERIAL, name=in_summary),
    )
    assert charger.name == name


def test_no_serial_is_in_what_is_printed() -> None:
    assert SERIAL not in repr(ChargerSnapshot(serial=SERIAL, present=True, status=ChargerStatus(serial=SERIAL)))
