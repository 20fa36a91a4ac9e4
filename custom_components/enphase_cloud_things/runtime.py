"""What a loaded config entry holds."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .account.registry import Account
from .chargers.coordinator import ChargerCoordinator
from .chargers.store import ChargerFile
from .commands.commands import Commands
from .history.coordinator import HistoryCoordinator
from .history.statistics import SessionImport
from .options import Options
from .plan.plans import Plans
from .prices.coordinator import PriceCoordinator
from .prices.currency import CurrencyCoordinator
from .schedules.writes import ScheduleWrites
from .vpp.coordinator import VppCoordinator


@dataclass(slots=True, kw_only=True)
class RuntimeData:
    """The account, the options in force, and the coordinators and the one way for commands of a site."""

    account: Account
    options: Options
    store: ChargerFile
    chargers: ChargerCoordinator
    currency: CurrencyCoordinator
    history: HistoryCoordinator
    vpp: VppCoordinator | None
    prices: PriceCoordinator | None
    commands: Commands
    schedules: ScheduleWrites
    plans: Plans
    session_import: SessionImport


type EnphaseConfigEntry = ConfigEntry[RuntimeData]
