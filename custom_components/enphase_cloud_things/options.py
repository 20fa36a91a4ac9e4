"""The options of a config entry as one frozen, typed value, and what their form has to know of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from homeassistant.const import UnitOfElectricPotential, UnitOfTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The lowest and the highest value that a form accepts, and their unit."""

    low: int
    high: int
    unit: str


_BOUNDS: Final = "bounds"


def _number(default: int, *, low: int, high: int, unit: str) -> int:
    return field(default=default, metadata={_BOUNDS: Bounds(low=low, high=high, unit=unit)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person can set without signing in again, in the order of the form.

    Intervals and the time-out are seconds, the voltage is volts and used only where the cloud gives none. An empty
    program id means that the integration finds the program by itself. An empty `price_entity` means that plans and
    estimates go by the Enphase tariff.
    """

    enable_vpp: bool = True
    vpp_program_id: str = field(default="", repr=False)
    enable_monetary: bool = True
    price_entity: str = ""
    apply_amps_while_charging: bool = False
    slow_poll_interval: int = _number(30, low=15, high=3600, unit=UnitOfTime.SECONDS)
    fast_poll_interval: int = _number(10, low=5, high=300, unit=UnitOfTime.SECONDS)
    fast_while_streaming: bool = True
    api_timeout: int = _number(15, low=5, high=60, unit=UnitOfTime.SECONDS)
    nominal_voltage: int = _number(240, low=100, high=277, unit=UnitOfElectricPotential.VOLT)

    @classmethod
    def from_mapping(cls, options: Mapping[str, object]) -> Self:
        """Read stored options; a missing or impossible value becomes its default."""
        read = {option.name: _fitting(option.name, option.default, options.get(option.name)) for option in fields(cls)}
        read["fast_poll_interval"] = min(read["fast_poll_interval"], read["slow_poll_interval"])
        return cls(**read)


BOUNDS: Final[Mapping[str, Bounds]] = {
    option.name: option.metadata[_BOUNDS] for option in fields(Options) if _BOUNDS in option.metadata
}
"""The bounds of every number."""

ADVANCED: Final = frozenset({*BOUNDS, "fast_while_streaming"})
"""What few people ever change."""


def _fitting(name: str, default: Any, value: object) -> Any:
    bounds = BOUNDS.get(name)
    if bounds is None:
        return value if isinstance(value, type(default)) else default
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(max(value, bounds.low), bounds.high))
