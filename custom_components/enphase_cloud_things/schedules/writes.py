"""Writing slots: one write at a time for each charger, sent once, and followed by reads until it shows.

The reply to a write says nothing of its effect, and a read shortly after it may still show the old list
(docs/api.md §6.4). A write without a clear answer has happened if a later read shows it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..chargers.charger import ChargerSnapshot
from ..chargers.coordinator import ChargerCoordinator
from ..chargers.settings import amps_bounds, may_be_controlled
from ..const import DOMAIN, FALLBACK_MIN_AMPS
from ..enlighten import CommandOutcomeUnknown, EnlightenError, Schedule, SchedulesClient, Slot, new_slot
from ..errors import action_failed, validation_error
from ..timer import async_pass
from .recurrence import CannotHold, check
from .slots import TimesChange, WeeklyTimes, slot_of, times_of

_LOGGER = logging.getLogger(__name__)

READ_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 4, 5, 10, 20))
"""Between a write and the reads after it: 1, 5, 10, 20 and 40 s after it."""


class ScheduleWrites:
    """Writes the slots of one site's chargers.

    Raises ServiceValidationError for what cannot be asked, HomeAssistantError for what failed; both translated.
    """

    def __init__(self, hass: HomeAssistant, coordinator: ChargerCoordinator, client: SchedulesClient) -> None:
        self._hass = hass
        self._coordinator = coordinator
        self._client = client
        self._site_id = coordinator.site_id
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def turn(self, serial: str) -> asyncio.Lock:
        """Return what lets the writes to one charger go one after another."""
        return self._turns[serial]

    async def async_create(self, serial: str, times: WeeklyTimes, *, enabled: bool = True) -> str:
        """Make a slot and return its id."""
        charger = self._controlled(serial)
        self._check(times, charger)
        slot = self.new(serial, times, enabled=enabled)
        async with self.turn(serial):
            charger = self._charger(serial)
            known = {each.slot_id for each in self._schedule(charger).slots}
            ids = [slot.slot_id]

            async def create() -> None:
                ids.append(await self._client.create(self._site_id, serial, slot))

            def stored(schedule: Schedule) -> Slot | None:
                """Return the new slot: by its id, or by its times where the answer with the id was lost."""
                by_id = next((found for each in reversed(ids) if (found := slot_of(schedule, each))), None)
                new = (each for each in schedule.slots if each.slot_id not in known and times_of(each) == times)
                return by_id or next(new, None)

            schedule = await self._async_write(charger, create, lambda seen: stored(seen) is not None)
            made = stored(schedule)
            if made is not None and made.enabled is not enabled:
                await self._async_switch(charger, schedule, {made.slot_id: enabled})
            return made.slot_id if made else ids[-1]

    async def async_change(
        self, serial: str, slot_id: str, *, change: TimesChange | None = None, enabled: bool | None = None
    ) -> None:
        """Give a slot other times, or switch it."""
        charger = self._controlled(serial)
        self._changed(self._slot(charger, slot_id), change, charger)
        async with self.turn(serial):
            charger = await self._async_as_it_is(serial)
            slot = self._slot(charger, slot_id)
            times = self._changed(slot, change, charger)
            if times is not None and times != times_of(slot):
                changed = slot.changed(start=times.start, end=times.end, days=times.days, enabled=enabled)
                await self._async_write(
                    charger,
                    lambda: self._client.edit(self._site_id, serial, changed),
                    lambda schedule: (seen := slot_of(schedule, slot_id)) is not None and times_of(seen) == times,
                )
                # An edit may switch the slot on by itself
                enabled = slot.enabled if enabled is None else enabled
            schedule = self._schedule(self._charger(serial))
            now = slot_of(schedule, slot_id)
            if enabled is not None and now is not None and now.enabled is not enabled:
                await self._async_switch(charger, schedule, {slot_id: enabled})

    async def async_delete(self, serial: str, slot_id: str) -> None:
        """Delete a slot."""
        async with self.turn(serial):
            charger = self._controlled(serial)
            self._refuse_off_peak(self._slot(charger, slot_id), charger)
            await self._async_write(
                charger,
                lambda: self._client.delete(self._site_id, serial, slot_id),
                lambda schedule: slot_of(schedule, slot_id) is None,
            )

    def new(self, serial: str, times: WeeklyTimes, *, enabled: bool = True, slot_id: str | None = None) -> Slot:
        """Return a slot to be created. Its current is what the charger takes anyway: a slot keeps none."""
        summary = self._charger(serial).summary
        bounds = amps_bounds(summary)
        amps = (summary.default_charge_level if summary else None) or (bounds.high if bounds else FALLBACK_MIN_AMPS)
        slot = new_slot(
            self._site_id, serial, start=times.start, end=times.end, days=times.days, enabled=enabled, amps=amps
        )
        return slot if slot_id is None else replace(slot, slot_id=slot_id, raw={**slot.raw, "id": slot_id})

    async def async_read(self, serial: str) -> Schedule:
        """Read the slots of a charger now. Raises EnlightenError if they cannot be read."""
        began = dt_util.utcnow()
        schedule = await self._client.read(self._site_id, serial, urgent=True)
        self._coordinator.records[serial].take(schedule, began=began, now=dt_util.utcnow())
        self._coordinator.async_publish()
        return schedule

    async def async_send(self, send: Callable[[], Awaitable[object]]) -> None:
        """Send a write once. One whose outcome is unknown is no failure: the reads after it tell."""
        try:
            await send()
        except CommandOutcomeUnknown as error:
            _LOGGER.debug("A write of a schedule has no clear answer: %s", error)

    async def async_switch(self, serial: str, states: Mapping[str, bool]) -> None:
        """Send the states of all slots of a charger."""
        await self.async_send(lambda: self._client.set_states(self._site_id, serial, states))

    async def async_store(self, serial: str, slot: Slot) -> str:
        """Send a new slot and return its id, which is that of the slot where no answer came."""
        ids = [slot.slot_id]

        async def create() -> None:
            ids.append(await self._client.create(self._site_id, serial, slot))

        await self.async_send(create)
        return ids[-1]

    async def async_remove(self, serial: str, slot_id: str) -> None:
        """Send the deletion of a slot."""
        await self.async_send(lambda: self._client.delete(self._site_id, serial, slot_id))

    async def _async_switch(self, charger: ChargerSnapshot, schedule: Schedule, wanted: Mapping[str, bool]) -> None:
        for slot_id, enabled in wanted.items():
            slot = slot_of(schedule, slot_id)
            if slot is not None and slot.is_off_peak and enabled and schedule.off_peak_eligible is False:
                raise validation_error("off_peak_not_eligible", charger.name)
        states = {slot.slot_id: wanted.get(slot.slot_id, bool(slot.enabled)) for slot in schedule.slots}
        await self._async_write(
            charger,
            lambda: self._client.set_states(self._site_id, charger.serial, states),
            lambda seen: all(
                (slot := slot_of(seen, slot_id)) is not None and slot.enabled is enabled
                for slot_id, enabled in wanted.items()
            ),
        )

    async def _async_write(
        self,
        charger: ChargerSnapshot,
        send: Callable[[], Awaitable[object]],
        shows: Callable[[Schedule], bool],
    ) -> Schedule:
        """Send a write once and return the list that shows it."""
        try:
            await self.async_send(send)
        except EnlightenError as error:
            raise action_failed(error, charger.name) from error
        failure: EnlightenError | None = None
        for delay in READ_DELAYS:
            await async_pass(self._hass, delay)
            try:
                schedule = await self.async_read(charger.serial)
            except EnlightenError as error:
                failure = error
                continue
            if shows(schedule):
                return schedule
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="schedule_no_effect",
            translation_placeholders={"name": charger.name},
        ) from failure

    async def _async_as_it_is(self, serial: str) -> ChargerSnapshot:
        """Return a charger with the slots of this moment.

        A write names a whole slot, or the states of all of them: what somebody changed in the app, or here while this
        one had to wait, would be taken back.
        """
        try:
            await self.async_read(serial)
        except EnlightenError as error:
            raise action_failed(error, self._charger(serial).name) from error
        return self._charger(serial)

    def _changed(self, slot: Slot, change: TimesChange | None, charger: ChargerSnapshot) -> WeeklyTimes | None:
        """Return the times that a slot is to have, `None` where they are to stay."""
        if change is None:
            return None
        if (known := times_of(slot)) is None:
            raise validation_error("slot_off_peak", charger.name)
        if (times := change.of(known)) != known:
            self._check(times, charger)
        return times

    def _charger(self, serial: str) -> ChargerSnapshot:
        return self._coordinator.data.chargers[serial]

    def _controlled(self, serial: str) -> ChargerSnapshot:
        """Return a charger that the account may control, as one whose slots a person changes has to be."""
        charger = self._charger(serial)
        if not may_be_controlled(charger.summary):
            raise validation_error("no_control", charger.name)
        return charger

    def _schedule(self, charger: ChargerSnapshot) -> Schedule:
        if charger.schedule is None:
            raise validation_error("schedules_unknown", charger.name)
        return charger.schedule

    def _slot(self, charger: ChargerSnapshot, slot_id: str) -> Slot:
        slot = slot_of(self._schedule(charger), slot_id)
        if slot is None:
            raise validation_error("unknown_schedule", charger.name)
        return slot

    def _refuse_off_peak(self, slot: Slot, charger: ChargerSnapshot) -> None:
        if slot.is_off_peak:
            raise validation_error("slot_off_peak", charger.name)

    def _check(self, times: WeeklyTimes, charger: ChargerSnapshot) -> None:
        try:
            check(times)
        except CannotHold as error:
            raise validation_error(error.refusal, charger.name) from error
