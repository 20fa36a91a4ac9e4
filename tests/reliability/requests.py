"""Everything that the client asks of the cloud, one row each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final, override

from custom_components.enphase_cloud_things.enlighten import (
    ChargeMode,
    EnlightenClient,
    Family,
    OtpChallenge,
    TriggerMessage,
    new_slot,
)
from simulator import OWNER_EMAIL, OWNER_KEY, Family as Service, World

SITE: Final = "4410287"
SERIAL: Final = "202640011873"
NIGHT: Final = f"{SITE}:{SERIAL}:night"
TODAY: Final = date(2026, 11, 10)


class Group(StrEnum):
    """What a request is to the client, which decides what a fault costs."""

    SIGN_IN = "sign-in"
    CORE = "core read"
    OPTIONAL = "optional read"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A signed-in client, the world that it asks, and what a first step of the request has left."""

    client: EnlightenClient
    world: World
    challenge: OtpChallenge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `service` is the simulator's name for who answers, `family` the client's.

    A request by `method` only is hit, where both a read and a write belong to a service.
    """

    name: str
    group: Group
    service: Service
    family: Family
    send: Callable[[Bench], Awaitable[object]]
    method: str | None = None

    @override
    def __str__(self) -> str:
        return self.name


async def _sign_in(bench: Bench) -> object:
    return await bench.client.session.sign_in(OWNER_EMAIL, OWNER_KEY)


async def _enter_code(bench: Bench) -> None:
    assert bench.challenge is not None
    await bench.challenge.validate(bench.world.accounts.current_code(OWNER_EMAIL) or "")


async def _ask_for_code(bench: Bench) -> None:
    assert bench.challenge is not None
    await bench.challenge.resend()


async def _renew(bench: Bench) -> None:
    await bench.client.session.renew_without_password()


async def _start(bench: Bench) -> object:
    return await bench.client.start_charging(SITE, SERIAL, level=16)


async def _change_mode(bench: Bench) -> None:
    stored = (await bench.client.charge_mode(SITE, SERIAL, urgent=True)).selected
    other = ChargeMode.MANUAL if stored == ChargeMode.GREEN else ChargeMode.GREEN
    await bench.client.set_charge_mode(SITE, SERIAL, other)


async def _create_slot(bench: Bench) -> object:
    slot = new_slot(SITE, SERIAL, start=time(23), end=time(5), days=(1, 5), amps=16)
    return await bench.client.schedules.create(SITE, SERIAL, slot)


async def _switch_slots(bench: Bench) -> object:
    return await bench.client.schedules.set_states(SITE, SERIAL, {NIGHT: False})


async def _read_sessions(bench: Bench) -> object:
    return await bench.client.history.sessions(SITE, SERIAL, TODAY, TODAY, time_zone="Europe/Vienna")


def _row(
    name: str,
    group: Group,
    service: Service,
    family: Family,
    send: Callable[[Bench], Awaitable[object]],
    method: str | None = None,
) -> Asked:
    return Asked(name=name, group=group, service=service, family=family, send=send, method=method)


SIGN_INS: Final = (
    _row("password", Group.SIGN_IN, Service.LOGIN, Family.LOGIN, _sign_in),
    _row("one-time code", Group.SIGN_IN, Service.ONE_TIME_CODE, Family.LOGIN, _enter_code),
    _row("another code", Group.SIGN_IN, Service.RESEND, Family.LOGIN, _ask_for_code),
    _row("token", Group.SIGN_IN, Service.JWT, Family.TOKEN, _renew),
)
CORE: Final = (
    _row("status", Group.CORE, Service.STATUS, Family.STATUS, lambda on: on.client.status(SITE)),
    _row("summary", Group.CORE, Service.SUMMARY, Family.SUMMARY, lambda on: on.client.chargers(SITE)),
)
OPTIONAL: Final = (
    _row("sites", Group.OPTIONAL, Service.SITES, Family.SITES, lambda on: on.client.sites()),
    _row("mode", Group.OPTIONAL, Service.MODE, Family.MODE, lambda on: on.client.charge_mode(SITE, SERIAL), "GET"),
    _row(
        "green", Group.OPTIONAL, Service.GREEN, Family.GREEN, lambda on: on.client.green_settings(SITE, SERIAL), "GET"
    ),
    _row(
        "configuration",
        Group.OPTIONAL,
        Service.CONFIGURATION,
        Family.CONFIGURATION,
        lambda on: on.client.configuration(SITE, SERIAL),
        "POST",
    ),
    _row(
        "schedules",
        Group.OPTIONAL,
        Service.SCHEDULES,
        Family.SCHEDULES,
        lambda on: on.client.schedules.read(SITE, SERIAL),
        "GET",
    ),
    _row("firmware", Group.OPTIONAL, Service.FIRMWARE, Family.FIRMWARE, lambda on: on.client.firmware(SITE)),
    _row(
        "vpp enrolment",
        Group.OPTIONAL,
        Service.VPP_ENROLMENT,
        Family.VPP_ENROLMENT,
        lambda on: on.client.grid_services.program(SITE),
    ),
    _row(
        "vpp events",
        Group.OPTIONAL,
        Service.VPP_EVENTS,
        Family.VPP_EVENTS,
        lambda on: on.client.grid_services.events(SITE, on.world.site.vpp.program_id),
    ),
    _row("tariff", Group.OPTIONAL, Service.TARIFF, Family.TARIFF, lambda on: on.client.monetary.tariff(SITE)),
    _row(
        "dated rates",
        Group.OPTIONAL,
        Service.DATED_RATES,
        Family.DATED_RATES,
        lambda on: on.client.monetary.export_rates(SITE, TODAY),
    ),
    _row("currency", Group.OPTIONAL, Service.CURRENCY, Family.CURRENCY, lambda on: on.client.monetary.currency(SITE)),
    _row(
        "savings", Group.OPTIONAL, Service.SAVINGS, Family.SAVINGS, lambda on: on.client.monetary.savings(SITE, TODAY)
    ),
    _row("history", Group.OPTIONAL, Service.HISTORY, Family.HISTORY, _read_sessions),
)
COMMANDS: Final = (
    _row("start", Group.COMMAND, Service.START, Family.COMMAND, _start),
    _row("stop", Group.COMMAND, Service.STOP, Family.COMMAND, lambda on: on.client.stop_charging(SITE, SERIAL)),
    _row(
        "trigger message",
        Group.COMMAND,
        Service.TRIGGER,
        Family.COMMAND,
        lambda on: on.client.trigger_message(SITE, SERIAL, TriggerMessage.METER_VALUES),
    ),
    _row(
        "live stream",
        Group.COMMAND,
        Service.LIVE_STREAM,
        Family.LIVE_STREAM,
        lambda on: on.client.start_live_stream(SITE),
    ),
    _row(
        "set mode",
        Group.COMMAND,
        Service.MODE,
        Family.MODE,
        _change_mode,
        "PUT",
    ),
    _row(
        "set battery",
        Group.COMMAND,
        Service.GREEN,
        Family.GREEN,
        lambda on: on.client.set_use_battery(SITE, SERIAL, True),
        "PUT",
    ),
    _row(
        "configure",
        Group.COMMAND,
        Service.CONFIGURATION,
        Family.CONFIGURATION,
        lambda on: on.client.configure(SITE, SERIAL, "DefaultChargeLevel", 16),
        "PUT",
    ),
    _row("create slot", Group.COMMAND, Service.SCHEDULES, Family.SCHEDULES, _create_slot, "POST"),
    _row("switch slots", Group.COMMAND, Service.SCHEDULES, Family.SCHEDULES, _switch_slots, "PATCH"),
)
REQUESTS: Final = (*SIGN_INS, *CORE, *OPTIONAL, *COMMANDS)
