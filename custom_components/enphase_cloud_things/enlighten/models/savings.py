"""What a site took from the grid and gave to it on one day, in money."""

from dataclasses import dataclass
from datetime import date

from ..errors import InvalidResponse
from ..wire import MONEY, Fields, JsonValue, Oddities, wire_field


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """The figures of one day at the site, so far, as money in the site's currency (docs/api.md §9.4)."""

    day: date
    imported_amount: float | None = wire_field(lambda data: data.fields("monetary").number(MONEY, "imported"))
    exported_amount: float | None = wire_field(lambda data: data.fields("monetary").number(MONEY, "exported"))


def read_savings(value: JsonValue, oddities: Oddities, *, day: date) -> Savings | None:
    """Read the figures of a day; `None` if they are those of another day or there are none.

    Around midnight the cloud still answers for the day before.
    """
    reply = Fields.of_reply(value, "savings", oddities)
    if not isinstance(reply.raw("data"), dict | None):
        raise InvalidResponse("savings.data")
    data = reply.fields("data")
    is_of_day = (data.text("startDate") or "").startswith(day.isoformat())
    return data.build(Savings, day=day) if is_of_day else None
