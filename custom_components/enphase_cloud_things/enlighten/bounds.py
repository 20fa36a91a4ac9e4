"""What a figure of the cloud can be at all, in one table.

A number outside of its range is an error of the cloud's, and as unknown as one that is missing: a voltage of 10³⁰⁸ or
an interval of ten million years would break whatever calculates with it. The ranges are wide, so that no real site is
ever outside of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value that is believed, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


AMPS: Final = Range(1, 400)
VOLTS: Final = Range(1, 1_000)
PHASES: Final = Range(1, 3)
WATTS: Final = Range(-1e8, 1e8)
KILOWATTS: Final = Range(-1e5, 1e5)
PERCENT: Final = Range(0, 100)
MILES: Final = Range(0, 100_000)

SESSION_WATT_HOURS: Final = Range(0, 1e7)
LIFETIME_WATT_HOURS: Final = Range(0, 1e10)
TIER_KILOWATT_HOURS: Final = Range(-1, 1e9)

# In any currency: a kilowatt hour costs thousands in some
PRICE: Final = Range(-1e6, 1e6)
MONEY: Final = Range(-1e9, 1e9)

REPORTING_SECONDS: Final = Range(1, 7 * 86_400)
STREAM_SECONDS: Final = Range(1, 86_400)
ACTIVE_SECONDS: Final = Range(0, 10 * 366 * 86_400)

MINUTE_OF_DAY: Final = Range(0, 1_440)
MONTH: Final = Range(1, 12)
WEEKDAY: Final = Range(1, 7)

CONNECTOR: Final = Range(1, 100)
# Numbers of states and modes, whose meaning is not all known
CODE: Final = Range(-100_000, 100_000)

EARLIEST: Final = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

# Characters of a text for people, of an identifier, of a token or cookie (servers refuse headers of more than twice as
# many, and with them every request), and of a structured text before it is parsed
TEXT_LENGTH: Final = 255
IDENTIFIER_LENGTH: Final = 128
OPAQUE_LENGTH: Final = 4_096
STRUCTURE_LENGTH: Final = 8_192
# Objects of one list: a site with more chargers, or a page with more sessions, does not exist
ROWS: Final = 1_000
