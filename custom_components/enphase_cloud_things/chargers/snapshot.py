"""What the integration knows about a site at one moment: frozen, comparable, and all that entities ever see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from homeassistant.core import Context

from ..enlighten import (
    ChargeMode,
    ChargerStatus,
    ChargerSummary,
    ConfigurationValue,
    GreenSettings,
    ModePreference,
    Schedule,
)
from .command import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Figures derived from the charger's own reports.

    Power is an estimate in W; energies are kWh; the duration is minutes. `None` means unknown, never zero.
    """

    power: float | None = None
    power_as_of: datetime | None = None
    session_energy: float | None = None
    session_duration: float | None = None
    lifetime_energy: float | None = None
    energy_today: float | None = None
    energy_today_since: datetime | None = None
    energy_today_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSnapshot:
    """One charger: its latest readings, each from its own endpoint, and the commands whose outcome is still open.

    A reading that failed keeps its last value. `present` is false once the charger has been missing from several
    complete status answers in a row; it is `gone` if the metadata read after that does not list it either. `mode` is
    the charge mode that a person chose, from the best source there is. `setpoint`
    is the current (A) that the next start will ask for. `session_ended_at` is when the last session was seen to end,
    `None` if none has since the start of Home Assistant.
    """

    serial: str = field(repr=False)
    present: bool
    gone: bool = False
    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    schedule: Schedule | None = None
    mode: ChargeMode | None = None
    measurements: Measurements = field(default_factory=Measurements)
    pending: tuple[Command, ...] = ()
    last_command: Command | None = None
    cause: Context | None = field(default=None, compare=False, repr=False)
    setpoint: int | None = None
    session_ended_at: datetime | None = None

    @property
    def given_name(self) -> str | None:
        """The name that the owner gave the charger, as far as the cloud told it."""
        return given_name(self.status, self.summary)

    @property
    def name(self) -> str:
        """What people call the charger."""
        return self.given_name or nameless(self.serial)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """All chargers of a site by serial number, and the site's time zone (IANA name) as far as the cloud told it.

    `chargers` are those that were selected, `others` the names of those that the cloud lists beside them.
    """

    chargers: Mapping[str, ChargerSnapshot] = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    time_zone: str | None = None


def given_name(status: ChargerStatus | None, summary: ChargerSummary | None) -> str | None:
    """Return the name that the owner gave the charger, as far as the cloud told it."""
    return (summary and summary.name) or (status and status.name) or None


def nameless(serial: str) -> str:
    """Return what to call a charger without a name: enough of its serial to tell it from its neighbours, no more."""
    return f"IQ EV Charger {serial[-4:]}"
