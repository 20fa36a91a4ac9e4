"""What the integration knows about a site at one moment: frozen, comparable, and all that entities ever see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..commands.rules import CommandKind, PendingCommand
from ..enlighten import ChargeMode, ChargerStatus, ChargerSummary, ConfigurationValue, GreenSettings, ModePreference
from .status import preferred_mode


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
    complete status answers in a row; it is `gone` if the metadata read after that does not list it either. `setpoint`
    is the current (A) that the next start will ask for.
    """

    serial: str = field(repr=False)
    present: bool
    gone: bool = False
    status: ChargerStatus | None = None
    summary: ChargerSummary | None = None
    preference: ModePreference | None = None
    green: GreenSettings | None = None
    configuration: tuple[ConfigurationValue, ...] | None = None
    measurements: Measurements = field(default_factory=Measurements)
    pending: tuple[PendingCommand, ...] = ()
    setpoint: int | None = None

    @property
    def given_name(self) -> str | None:
        """The name that the owner gave the charger, as far as the cloud told it."""
        return (self.summary and self.summary.name) or (self.status and self.status.name) or None

    @property
    def name(self) -> str:
        """What people call the charger."""
        return self.given_name or nameless(self.serial)

    @property
    def mode(self) -> ChargeMode | None:
        """The charge mode that a person chose, from the best source there is."""
        return preferred_mode(self.preference, self.status)

    @property
    def mode_is_changing(self) -> bool:
        """Whether a choice of mode has still to show."""
        return any(command.kind is CommandKind.MODE for command in self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """All chargers of a site by serial number, and the site's time zone (IANA name) as far as the cloud told it.

    `chargers` are those that were selected, `others` the names of those that the cloud lists beside them.
    """

    chargers: Mapping[str, ChargerSnapshot] = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    time_zone: str | None = None


def nameless(serial: str) -> str:
    """Return what to call a charger without a name: enough of its serial to tell it from its neighbours, no more."""
    return f"IQ EV Charger {serial[-4:]}"
