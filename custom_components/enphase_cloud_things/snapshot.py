"""What the integration knows about a site at one moment: frozen, comparable, and all that entities ever see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .calc.pending import PendingCommand
from .enlighten import ChargerStatus, ChargerSummary, ConfigurationValue, GreenSettings, ModePreference


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
    complete status answers in a row. `setpoint` is the current (A) that the next start will ask for.
    """

    serial: str
    present: bool
    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    measurements: Measurements = field(default_factory=Measurements)
    pending: tuple[PendingCommand, ...] = ()
    setpoint: int | None = None

    @property
    def name(self) -> str:
        """What people call the charger: the name they gave it, or its serial number."""
        given = (self.summary and self.summary.name) or (self.status and self.status.name)
        return given or self.serial


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """All chargers of a site by serial number, and the site's time zone (IANA name) as far as the cloud told it."""

    chargers: Mapping[str, ChargerSnapshot]
    time_zone: str | None = None
