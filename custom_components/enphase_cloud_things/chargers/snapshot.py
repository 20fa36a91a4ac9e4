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
    FirmwareDetails,
    GreenSettings,
    ModePreference,
    Schedule,
)
from .command import CHARGING_COMMANDS, Command, CommandKind
from .metering import Measurements
from .status import ChargerState, Circumstances, charger_state, session_active


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSnapshot:
    """One charger: its latest readings, each from its own endpoint, and the commands whose outcome is still open.

    A reading that failed keeps its last value. `present` is false once the charger has been missing from several
    complete status answers in a row; it is `gone` if the metadata read after that does not list it either. `mode` is
    the charge mode that a person chose, from the best source there is. `setpoint` is the current (A) that the next
    start will ask for. `flowing` is the judgement whether energy flows, `stopped` says that a confirmed stop is why a
    car that is plugged in draws nothing, `unauthorized` that an accepted start waits for somebody to identify
    themselves.
    `session_ended_at` is when the last session was seen to end, `None` if none has since the start of Home Assistant.
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
    firmware: FirmwareDetails | None = None
    mode: ChargeMode | None = None
    measurements: Measurements = field(default_factory=Measurements)
    pending: tuple[Command, ...] = ()
    last_command: Command | None = None
    cause: Context | None = field(default=None, compare=False, repr=False)
    setpoint: int | None = None
    flowing: bool | None = None
    stopped: bool = False
    unauthorized: bool = False
    session_ended_at: datetime | None = None

    @property
    def given_name(self) -> str | None:
        """The name that the owner gave the charger, as far as the cloud told it."""
        return given_name(self.status, self.summary)

    @property
    def under_way(self) -> CommandKind | None:
        """The start or stop whose outcome is still to come."""
        return next((each.kind for each in self.pending if each.kind in CHARGING_COMMANDS), None)

    @property
    def state(self) -> ChargerState | None:
        """The one word for what the charger is doing."""
        if self.status is None:
            return None
        under_way = self.under_way
        return charger_state(
            self.status,
            Circumstances(
                flowing=self.flowing,
                starting=under_way is not None and under_way is not CommandKind.STOP,
                stopping=under_way is CommandKind.STOP,
                stopped=self.stopped,
                unauthorized=self.unauthorized,
                preference=self.mode,
            ),
        )

    @property
    def session_active(self) -> bool | None:
        """Whether a session runs: energy flows, or the charger says so."""
        if self.status is None:
            return None
        return self.flowing or session_active(self.status)

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
