"""Which currency a sign stands for, where the cloud gives no code (docs/api.md §9.5, trap 20)."""

from typing import Final

_BY_SIGN: Final = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "CHF": "CHF",
    "R$": "BRL",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "US$": "USD",
}
_DOLLARS: Final = {"AU": "AUD", "CA": "CAD", "NZ": "NZD", "US": "USD"}


def currency_of(sign: str | None, country: str | None) -> str | None:
    """Return the ISO code of the currency that a sign means in a country, `None` where that cannot be told.

    The country, in two letters, decides only whose dollars are meant.
    """
    sign = (sign or "").strip()
    if sign == "$":
        return _DOLLARS.get((country or "").strip().upper())
    return _BY_SIGN.get(sign)
