"""The one state behind all endpoints."""

from collections.abc import Iterable

from .accounts import Account, Accounts
from .chargers import Charger
from .clock import Clock, ScaledClock, wall_of
from .faults import Faults
from .hardware import EU_THREE_PHASE_32A, ChargerModel
from .presentation import Presentation
from .rate_limit import RateLimit
from .request_log import RequestLog
from .site import Site


class World:
    """A simulated cloud: accounts, sites, chargers, faults and a log, all living by one clock.

    Nothing happens by itself: every access first catches up with the clock. Signing in, tokens, one-time codes and
    rate limits are between the cloud and its clients and go by ``wall``, where a second is a second.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        """Create an empty world; the default clock follows ``time.time()``."""
        self.clock: Clock = clock or ScaledClock()
        self.wall = wall_of(self.clock)
        self.accounts = Accounts(self.wall)
        self.sites: dict[str, Site] = {}
        self.faults = Faults()
        self.requests = RequestLog()
        self.presentation = Presentation()
        self.rate_limit: RateLimit | None = None

    @classmethod
    def with_one_charger(
        cls, clock: Clock | None = None, *, model: ChargerModel = EU_THREE_PHASE_32A, one_time_codes: bool = False
    ) -> World:
        """Return a world with one account, one site (4410287) and one charger (202640011873)."""
        world = cls(clock)
        site = world.add_site()
        site.add_charger(model=model)
        world.add_account(Account(one_time_codes=one_time_codes), sites=[site])
        return world

    @classmethod
    def with_chargers(cls, count: int, clock: Clock | None = None) -> World:
        """Return a world with one account, one site and ``count`` chargers (0 is possible)."""
        world = cls(clock)
        site = world.add_site()
        for index in range(count):
            site.add_charger(str(202640011873 + index), name=f"Charger {index + 1}")
        world.add_account(Account(), sites=[site])
        return world

    @classmethod
    def with_two_sites(cls, clock: Clock | None = None) -> World:
        """Return a world with one account that owns two sites, each with a charger."""
        world = cls(clock)
        home = world.add_site()
        home.add_charger()
        cabin = world.add_site("4410288", "Hill Cabin")
        cabin.add_charger("202640011901", name="Cabin")
        world.add_account(Account(), sites=[home, cabin])
        return world

    def add_site(
        self, site_id: str = "4410287", title: str = "Lark Street", *, time_zone: str = "Europe/Vienna"
    ) -> Site:
        """Add an empty site."""
        site = Site(site_id, title, self.clock, time_zone=time_zone)
        self.sites[site_id] = site
        return site

    def move_charger(self, serial: str, site_id: str) -> None:
        """Hang a charger at another site, which takes nothing with it but its own memory.

        Raises KeyError when there is no such charger or site.
        """
        charger, target = self.charger_of(serial), self.sites[site_id]
        for site in self.sites.values():
            if charger in site.chargers:
                site.remove_charger(serial)
        charger.move(target)
        target.chargers.append(charger)

    def add_account(self, account: Account, *, sites: Iterable[Site] = ()) -> Account:
        """Add an account and give it sites."""
        account.site_ids.extend(site.site_id for site in sites)
        return self.accounts.add(account)

    def sites_of(self, account: Account) -> list[Site]:
        """Return the sites of an account."""
        return [self.sites[site_id] for site_id in account.site_ids if site_id in self.sites]

    def advance(self) -> None:
        """Bring every site up to the clock."""
        for site in self.sites.values():
            site.advance()

    @property
    def account(self) -> Account:
        """The first account."""
        return next(iter(self.accounts.by_email.values()))

    @property
    def site(self) -> Site:
        """The first site, its chargers brought up to the clock."""
        self.advance()
        return next(iter(self.sites.values()))

    @property
    def charger(self) -> Charger:
        """The first charger of the first site, brought up to the clock."""
        return self.site.chargers[0]

    def charger_of(self, serial: str) -> Charger:
        """Return a charger of any site, brought up to the clock; raises KeyError when there is no such serial."""
        self.advance()
        for site in self.sites.values():
            for charger in site.chargers:
                if charger.serial == serial:
                    return charger
        raise KeyError(serial)
