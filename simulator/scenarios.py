"""Named worlds for the command line."""

from collections.abc import Callable

from .accounts import Account
from .clock import Clock
from .hardware import NA_SINGLE_PHASE_48A, NA_SINGLE_PHASE_80A
from .physics import Car
from .ready_tariffs import NEM3, VALLEY, WEEKENDS
from .settings import ChargeMode
from .site import Site
from .tariffs import Tariff
from .world import World

_SUNNY_WATTS = 8600.0
"""The sun shines on a green scenario at any hour, or there would be nothing to see in the evening."""


def _home(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    _give_past(world.site, WEEKENDS)
    world.charger.plug_in(Car())
    return world


def _give_past(site: Site, tariff: Tariff) -> None:
    site.tariff = tariff
    site.vpp.seed()
    for charger in site.chargers:
        charger.history.seed_year()


def _one_time_code(clock: Clock) -> World:
    return World.with_one_charger(clock, one_time_codes=True)


def _north_america(clock: Clock) -> World:
    world = World(clock)
    site = world.add_site("4410290", "Maple Road", time_zone="America/Los_Angeles")
    site.add_charger("202640012004", model=NA_SINGLE_PHASE_48A, name="Garage")
    site.add_charger("202640012005", model=NA_SINGLE_PHASE_80A, name="Barn")
    _give_past(site, NEM3)
    world.add_account(Account(), sites=[site])
    return world


def _two_sites(clock: Clock) -> World:
    world = World.with_two_sites(clock)
    for site, tariff in zip(world.sites.values(), (WEEKENDS, VALLEY), strict=True):
        _give_past(site, tariff)
    return world


def _green(clock: Clock) -> World:
    world = World.with_one_charger(clock)
    _give_past(world.site, WEEKENDS)
    world.site.solar_watts = _SUNNY_WATTS
    world.charger.modes.fix(ChargeMode.GREEN)
    world.charger.plug_in(Car())
    return world


SCENARIOS: dict[str, Callable[[Clock], World]] = {
    "home": _home,
    "one-time-code": _one_time_code,
    "two-sites": _two_sites,
    "no-chargers": lambda clock: World.with_chargers(0, clock),
    "ten-chargers": lambda clock: World.with_chargers(10, clock),
    "north-america": _north_america,
    "green": _green,
}
"""Worlds by name; every one has the account ``owner@example.com``."""
