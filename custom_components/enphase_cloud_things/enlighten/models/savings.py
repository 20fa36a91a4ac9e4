"""What a site took from the grid and gave to it on one day, in energy and in money."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from ..bounds import MONEY, SITE_WATT_HOURS
from ..errors import InvalidResponse
from ..wire import Fields, JsonValue, Oddities

_WH_PER_KWH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """The figures of one day at the site, so far (docs/api.md §9.4).

    Energies are kWh; amounts are money in the site's currency.
    """

    day: date
    imported_energy: float | None = None
    exported_energy: float | None = None
    imported_amount: float | None = None
    exported_amount: float | None = None


def read_savings(value: JsonValue, day: date, oddities: Oddities) -> Savings | None:
    """Read the figures of a day; `None` if they are those of another day or there are none.

    Around midnight the cloud still answers for the day before.

    Raises:
        InvalidResponse: the reply is something else.
    """
    reply = Fields.of_reply(value, "savings", oddities)
    if not isinstance(reply.raw("data"), dict | None):
        raise InvalidResponse("savings.data")
    data = reply.fields("data")
    if not (data.text("startDate") or "").startswith(day.isoformat()):
        return None
    energy = data.fields("energy")
    monetary = data.fields("monetary")
    return Savings(
        day=day,
        imported_energy=_kwh(energy.number(SITE_WATT_HOURS, "imported")),
        exported_energy=_kwh(energy.number(SITE_WATT_HOURS, "exported")),
        imported_amount=monetary.number(MONEY, "imported"),
        exported_amount=monetary.number(MONEY, "exported"),
    )


def _kwh(energy: float | None) -> float | None:
    return None if energy is None else energy / _WH_PER_KWH
