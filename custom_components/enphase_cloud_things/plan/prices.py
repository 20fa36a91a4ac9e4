"""The prices that plans are made with: the site's import tariff, or the sensor of another integration."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..coordinator import Site
from ..days import end_of_day, local_day
from ..prices.coordinator import PriceCoordinator
from .forecast import PricedInterval, read_forecast

REACH: Final = timedelta(days=7)
LONGEST_USE: Final = timedelta(hours=1)
"""How long prices that go on for days are used before they are laid out as far as that again."""


class PlanPrices:
    """Prices to come, from an entity where one was chosen, else from the tariff.

    They are laid out once for all chargers, and again when the source has others, or the first of them are over.
    """

    def __init__(self, hass: HomeAssistant, *, entity_id: str, tariff: PriceCoordinator | None, site: Site) -> None:
        self._hass = hass
        self._entity_id = entity_id
        self._tariff = tariff
        self._site = site
        self._laid_out: tuple[PricedInterval, ...] = ()
        self._laid_out_from: tuple[object, tzinfo] | None = None
        self._laid_out_until = datetime.min.replace(tzinfo=UTC)

    def ahead(self, now: datetime) -> tuple[PricedInterval, ...]:
        """Return the prices from now on, none where none are known; the same ones as long as they are."""
        source, zone = self._source(), self._site.zone
        if self._laid_out_from is None or self._laid_out_from[0] is not source or self._laid_out_from[1] != zone:
            self._laid_out_from, self._laid_out_until = (source, zone), now
        if now >= self._laid_out_until:
            self._laid_out = tuple(each for each in self._lay_out(now, zone) if each.end > now)
            # Rows that only name an hour are those of another day after midnight
            first_end = min((each.end for each in self._laid_out), default=now + LONGEST_USE)
            self._laid_out_until = min(first_end, end_of_day(local_day(now, zone), zone), now + LONGEST_USE)
        return self._laid_out

    def _source(self) -> object:
        if self._entity_id:
            return self._hass.states.get(self._entity_id)
        return self._tariff.import_prices if self._tariff else None

    def _lay_out(self, now: datetime, zone: tzinfo) -> tuple[PricedInterval, ...]:
        if self._entity_id:
            return forecast_of(self._hass, self._entity_id, now, zone) or ()
        if self._tariff is None:
            return ()
        return tuple(
            PricedInterval(start=each.start, end=each.end, rate=each.price.rate if each.price else None)
            for each in self._tariff.import_prices.intervals(now, now + REACH)
        )

    @property
    def settled(self) -> bool:
        """Return whether there is no point in waiting for first prices after a start."""
        if not self._entity_id:
            return self._tariff is None or self._tariff.settled
        state = self._hass.states.get(self._entity_id)
        return state is not None and state.state not in {STATE_UNAVAILABLE, STATE_UNKNOWN}

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener whenever prices may have changed."""
        if self._entity_id:

            @callback
            def changed(_event: Event[EventStateChangedData]) -> None:
                listener()

            return async_track_state_change_event(self._hass, self._entity_id, changed)
        return self._tariff.async_add_listener(listener) if self._tariff else lambda: None


@callback
def forecast_of(hass: HomeAssistant, entity_id: str, now: datetime, zone: tzinfo) -> tuple[PricedInterval, ...] | None:
    """Return the forecast in the attributes of a sensor; `None` where there is none that is understood."""
    if (state := hass.states.get(entity_id)) is None:
        return None
    return read_forecast(state.attributes, unit=state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), now=now, zone=zone)
