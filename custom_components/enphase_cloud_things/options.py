"""The options of a config entry as one frozen, typed value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from .const import (
    CONF_API_TIMEOUT,
    CONF_APPLY_AMPS_WHILE_CHARGING,
    CONF_ENABLE_MONETARY,
    CONF_ENABLE_VPP,
    CONF_FAST_POLL_INTERVAL,
    CONF_FAST_WHILE_STREAMING,
    CONF_NOMINAL_VOLTAGE,
    CONF_SLOW_POLL_INTERVAL,
    CONF_VPP_PROGRAM_ID,
    DEFAULT_API_TIMEOUT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The lowest and the highest value that a form accepts."""

    low: int
    high: int


BOUNDS: Final[Mapping[str, Bounds]] = {
    CONF_SLOW_POLL_INTERVAL: Bounds(low=15, high=3600),
    CONF_FAST_POLL_INTERVAL: Bounds(low=5, high=300),
    CONF_API_TIMEOUT: Bounds(low=5, high=60),
    CONF_NOMINAL_VOLTAGE: Bounds(low=100, high=277),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person can set without signing in again.

    Intervals and the time-out are seconds, the voltage is volts and used only where the cloud gives none.
    An empty programme id means that the integration finds the programme by itself.
    """

    slow_poll_interval: int = 30
    fast_poll_interval: int = 10
    fast_while_streaming: bool = True
    apply_amps_while_charging: bool = False
    api_timeout: int = DEFAULT_API_TIMEOUT
    nominal_voltage: int = 240
    enable_vpp: bool = True
    vpp_program_id: str = field(default="", repr=False)
    enable_monetary: bool = True

    @classmethod
    def from_mapping(cls, options: Mapping[str, object]) -> Self:
        """Read stored options; a missing or impossible value becomes its default."""
        defaults = cls()
        slow = _bounded(options, CONF_SLOW_POLL_INTERVAL, defaults.slow_poll_interval)
        return cls(
            slow_poll_interval=slow,
            fast_poll_interval=min(slow, _bounded(options, CONF_FAST_POLL_INTERVAL, defaults.fast_poll_interval)),
            fast_while_streaming=_flag(options, CONF_FAST_WHILE_STREAMING, defaults.fast_while_streaming),
            apply_amps_while_charging=_flag(
                options, CONF_APPLY_AMPS_WHILE_CHARGING, defaults.apply_amps_while_charging
            ),
            api_timeout=_bounded(options, CONF_API_TIMEOUT, defaults.api_timeout),
            nominal_voltage=_bounded(options, CONF_NOMINAL_VOLTAGE, defaults.nominal_voltage),
            enable_vpp=_flag(options, CONF_ENABLE_VPP, defaults.enable_vpp),
            vpp_program_id=_text(options, CONF_VPP_PROGRAM_ID),
            enable_monetary=_flag(options, CONF_ENABLE_MONETARY, defaults.enable_monetary),
        )


def _bounded(options: Mapping[str, object], key: str, default: int) -> int:
    value = options.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return min(max(int(value), BOUNDS[key].low), BOUNDS[key].high)


def _flag(options: Mapping[str, object], key: str, default: bool) -> bool:
    value = options.get(key)
    return value if isinstance(value, bool) else default


def _text(options: Mapping[str, object], key: str) -> str:
    value = options.get(key)
    return value if isinstance(value, str) else ""
