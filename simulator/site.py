"""A site: a place with a time zone, sun, a house and chargers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .chargers import Charger
from .clock import Clock
from .hardware import EU_THREE_PHASE_32A, ChargerModel
from .metering import GridMeter
from .off_peak import CheapHours, cheap_hours
from .physics import Sun
from .ready_tariffs import FLAT
from .savings import SavingsService
from .vpp import VirtualPowerPlant


class Site:
    """One site of an account.

    ``house_watts`` is the constant consumption of the house, ``battery_watts`` what a home battery may add to green
    charging. ``solar_watts`` overrides the sun while it is not None.
    """

    def __init__(self, site_id: str, title: str, clock: Clock, *, time_zone: str = "Europe/Vienna") -> None:
        """Build an empty site; ``site_id`` is decimal text."""
        self.site_id = site_id
        self.title = title
        self.time_zone = ZoneInfo(time_zone)
        self.sun = Sun()
        self.solar_watts: float | None = None
        self.house_watts = 400.0
        self.battery_watts = 3000.0
        self.profile = "self-consumption"
        self.off_peak_eligible = True
        self.chargers: list[Charger] = []
        self.feature_flags: dict[str, bool] = {}
        self.live_stream_duration = timedelta(seconds=900)
        self.vpp = VirtualPowerPlant(site_id, clock)
        self.tariff = FLAT
        self.savings = SavingsService()
        self.meter = GridMeter(clock(), background=self._background_wh, ordinary=self._ordinary_wh)
        self._clock = clock

    def add_charger(
        self,
        serial: str = "202640011873",
        *,
        model: ChargerModel = EU_THREE_PHASE_32A,
        name: str | None = "Carport",
        connectors: int = 1,
        lifetime_wh: float = 2_481_337.42,
        effect_delay: timedelta = timedelta(seconds=4),
    ) -> Charger:
        """Install another charger and return it."""
        charger = Charger(
            serial,
            self,
            self._clock,
            model=model,
            name=name,
            connectors=connectors,
            lifetime_wh=lifetime_wh,
            effect_delay=effect_delay,
        )
        self.chargers.append(charger)
        return charger

    def remove_charger(self, serial: str) -> None:
        """Take a charger off the wall; raises KeyError when there is none with that serial."""
        self.chargers.remove(self.charger(serial))

    def charger(self, serial: str) -> Charger:
        """Return a charger by its serial; raises KeyError when the site has no such one."""
        for charger in self.chargers:
            if charger.serial == serial:
                return charger
        raise KeyError(serial)

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the site's time zone."""
        return moment.astimezone(self.time_zone)

    def cheap_hours(self, local: datetime) -> CheapHours | None:
        """Return the cheap hours of the tariff that a local moment lies in."""
        return cheap_hours(self.tariff, local)

    def produced_watts(self, moment: datetime) -> float:
        """Return the solar production."""
        return self.sun.watts(self.local(moment)) if self.solar_watts is None else self.solar_watts

    def surplus_watts(self, moment: datetime, *, with_battery: bool) -> float:
        """Return what the house leaves over, plus the battery's help where it may help."""
        help_watts = self.battery_watts if with_battery else 0.0
        return max(0.0, self.produced_watts(moment) - self.house_watts) + help_watts

    def count(self, serial: str, start: datetime, end: datetime, energy_wh: float) -> None:
        """Let the meter count what a charger drew between two moments."""
        self.meter.draw(serial, start, end, energy_wh)

    def advance(self) -> None:
        """Bring the chargers and the meter up to the clock."""
        for charger in self.chargers:
            charger.advance()
        self.meter.advance(self._clock())

    def _background_wh(self, start: datetime, end: datetime) -> float:
        watts = self.house_watts - self.produced_watts(start + (end - start) / 2)
        return watts * _hours(start, end) - self.vpp.discharged_wh(start, end)

    def _ordinary_wh(self, start: datetime, end: datetime) -> float:
        sun = self.sun.watts(self.local(start + (end - start) / 2))
        return (self.house_watts - sun) * _hours(start, end)


def _hours(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(hours=1)
