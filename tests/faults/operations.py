"""What the client can be asked to do, as a table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from custom_components.enphase_cloud_things.enlighten import ChargeMode, EnlightenClient, TriggerMessage, new_slot
from simulator import OWNER_EMAIL, OWNER_KEY, TARIFFS, ChargeMode as StoredMode, Family, Slot, World

SITE = "4410287"
SERIAL = "202640011873"
TODAY = date(2026, 11, 10)
NIGHT = f"{SITE}:{SERIAL}:night"
_LEVEL = 16


class Kind(StrEnum):
    """What may be done with an operation that failed."""

    READ = "read"
    COMMAND = "command"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to ask or to command, and the family of requests that a fault strikes meanwhile."""

    name: str
    family: Family
    kind: Kind
    send: Callable[[EnlightenClient, World], Awaitable[object]]


def lived_in(world: World) -> World:
    """Give a world everything that the operations are about: a car that charges, a schedule, prices, events, a past."""
    site, charger = world.site, world.charger
    site.tariff = TARIFFS["nem3"]
    site.vpp.seed()
    charger.history.seed_year(days=30)
    charger.slots = [Slot(id=NIGHT, start=time(22), end=time(6))]
    charger.effect_delay = timedelta()
    charger.modes.fix(StoredMode.MANUAL)
    charger.quirks.starts_when_plugged_in = True
    charger.plug_in()
    return world


async def _start(client: EnlightenClient, world: World) -> object:
    world.charger.unplug()
    world.charger.quirks.starts_when_plugged_in = False
    world.charger.plug_in()
    return await client.start_charging(SITE, SERIAL, level=_LEVEL)


async def _create(client: EnlightenClient, _world: World) -> object:
    slot = new_slot(SITE, SERIAL, start=time(1), end=time(5), days=(2,), amps=_LEVEL)
    return await client.schedules.create(SITE, SERIAL, slot)


async def _renew(client: EnlightenClient, world: World) -> None:
    world.accounts.expire_tokens()
    await client.session.renew_without_password()


OPERATIONS = (
    *(
        Operation(name=name, family=family, kind=Kind.READ, send=send)
        for name, family, send in (
            ("sites", Family.SITES, lambda client, _: client.sites()),
            ("status", Family.STATUS, lambda client, _: client.status(SITE)),
            ("chargers", Family.SUMMARY, lambda client, _: client.chargers(SITE)),
            ("firmware", Family.FIRMWARE, lambda client, _: client.firmware(SITE)),
            ("charge mode", Family.MODE, lambda client, _: client.charge_mode(SITE, SERIAL)),
            ("green settings", Family.GREEN, lambda client, _: client.green_settings(SITE, SERIAL)),
            ("configuration", Family.CONFIGURATION, lambda client, _: client.configuration(SITE, SERIAL)),
            ("schedule", Family.SCHEDULES, lambda client, _: client.schedules.read(SITE, SERIAL)),
            ("program", Family.VPP_ENROLMENT, lambda client, _: client.grid_services.program(SITE)),
            (
                "grid events",
                Family.VPP_EVENTS,
                lambda client, world: client.grid_services.events(SITE, world.site.vpp.program_id),
            ),
            ("tariff", Family.TARIFF, lambda client, _: client.monetary.tariff(SITE)),
            ("export rates", Family.DATED_RATES, lambda client, _: client.monetary.export_rates(SITE, TODAY)),
            ("currency", Family.CURRENCY, lambda client, _: client.monetary.currency(SITE)),
            ("savings", Family.SAVINGS, lambda client, _: client.monetary.savings(SITE, TODAY)),
            (
                "sessions",
                Family.HISTORY,
                lambda client, _: client.history.sessions(SITE, SERIAL, TODAY, TODAY, time_zone="Europe/Vienna"),
            ),
        )
    ),
    *(
        Operation(name=name, family=family, kind=Kind.COMMAND, send=send)
        for name, family, send in (
            ("start", Family.START, _start),
            ("stop", Family.STOP, lambda client, _: client.stop_charging(SITE, SERIAL)),
            (
                "trigger message",
                Family.TRIGGER,
                lambda client, _: client.trigger_message(SITE, SERIAL, TriggerMessage.METER_VALUES),
            ),
            ("start live stream", Family.LIVE_STREAM, lambda client, _: client.start_live_stream(SITE)),
            ("stop live stream", Family.LIVE_STREAM, lambda client, _: client.stop_live_stream(SITE)),
            ("set charge mode", Family.MODE, lambda client, _: client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)),
            ("use battery", Family.GREEN, lambda client, _: client.set_use_battery(SITE, SERIAL, enabled=True)),
            (
                "configure",
                Family.CONFIGURATION,
                lambda client, _: client.configure(SITE, SERIAL, "DefaultChargeLevel", _LEVEL),
            ),
            ("create slot", Family.SCHEDULES, _create),
            ("delete slot", Family.SCHEDULES, lambda client, _: client.schedules.delete(SITE, SERIAL, NIGHT)),
            (
                "switch slot",
                Family.SCHEDULES,
                lambda client, _: client.schedules.set_states(SITE, SERIAL, {NIGHT: False}),
            ),
        )
    ),
    Operation(name="token renewal", family=Family.JWT, kind=Kind.SIGN_IN, send=_renew),
    Operation(
        name="sign-in",
        family=Family.LOGIN,
        kind=Kind.SIGN_IN,
        send=lambda client, _: client.session.sign_in(OWNER_EMAIL, OWNER_KEY),
    ),
)
"""In the order of the table that ``scripts/faults`` writes."""
