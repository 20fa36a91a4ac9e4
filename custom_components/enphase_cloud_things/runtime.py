"""What a loaded config entry holds."""

from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry

from .accounts import Account
from .commands import Commands
from .coordinators.chargers import ChargerCoordinator
from .coordinators.currency import CurrencyCoordinator
from .coordinators.history import HistoryCoordinator
from .coordinators.prices import PriceCoordinator
from .coordinators.vpp import VppCoordinator
from .options import Options
from .session_import import SessionImport
from .stores.chargers import ChargerStore


@dataclass(slots=True, kw_only=True)
class RuntimeData:
    """The account, the options in force, and the coordinators and the one way for commands of a site."""

    account: Account
    options: Options
    site_id: str = field(repr=False)
    store: ChargerStore
    chargers: ChargerCoordinator
    currency: CurrencyCoordinator
    history: HistoryCoordinator
    vpp: VppCoordinator | None
    prices: PriceCoordinator | None
    commands: Commands
    session_import: SessionImport


type EnphaseConfigEntry = ConfigEntry[RuntimeData]
