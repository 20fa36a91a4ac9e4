"""The actions of the control interface, by the last part of their path."""

from collections.abc import Callable
from datetime import timedelta

from . import commands, faults
from .accounts import Account
from .chargers import Charger
from .clock import FASTEST, SLOWEST, ScaledClock
from .connectors import Connector
from .control_schedules import SCHEDULE_ACTIONS
from .control_services import SERVICE_ACTIONS
from .control_values import DAY_SECONDS, ActionError, Values, charger_of, serial_site, site_of
from .families import Family
from .faults import Trouble
from .physics import Car
from .presentation import DeadSession, StatusShape
from .rate_limit import RateLimit
from .world import World

_MOST_AMPS = 1000
_LONGEST_JUMP_SECONDS = 31 * DAY_SECONDS

type Action = Callable[[World, Values], None]


def _connector(charger: Charger, values: Values) -> Connector:
    try:
        return charger.connector(values.whole("connector", 1))
    except KeyError:
        message = "no connector with that number"
        raise ActionError(message) from None


def _account(world: World, values: Values) -> Account:
    account = world.accounts.by_email.get(values.text("email", world.account.email).casefold())
    if account is None:
        message = "no account with that e-mail"
        raise ActionError(message)
    return account


def _families(values: Values) -> list[Family]:
    try:
        return [Family(name) for name in values.texts("families")]
    except ValueError:
        names = ", ".join(family.value for family in Family)
        message = f"unknown family; there are {names}"
        raise ActionError(message) from None


# Chargers and cars


def _plug(world: World, values: Values) -> None:
    usual = Car()
    car = Car(
        battery_kwh=values.number("battery_kwh", usual.battery_kwh, least=1, most=1000),
        state_of_charge=values.number("state_of_charge", usual.state_of_charge, least=0, most=1),
        charge_limit=values.number("charge_limit", usual.charge_limit, least=0, most=1),
        max_amps=values.number("max_amps", usual.max_amps, least=1, most=_MOST_AMPS),
        phases=values.whole("phases", usual.phases, least=1, most=3),
        asleep=values.flag("asleep", default=False),
    )
    charger = charger_of(world, values)
    connector = _connector(charger, values)
    if connector.car is not None:
        message = "a car is plugged in already; unplug it first"
        raise ActionError(message)
    charger.plug_in(car, connector=connector.number)


def _unplug(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    charger.unplug(connector=_connector(charger, values).number)


def _authenticate(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    charger.authenticate(connector=_connector(charger, values).number)


def _start(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    level = values.whole("level") if values.has("level") else None
    if level is not None and not charger.model.allows(level):
        message = "level must be one that the charger can be set to"
        raise ActionError(message)
    commands.start(charger, level=level, connector=_connector(charger, values))


def _stop(world: World, values: Values) -> None:
    commands.stop(charger_of(world, values))


def _mode(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    offered = {mode.value: mode for mode in charger.modes.offered}
    mode = offered.get(values.text("mode"))
    if mode is None:
        message = f"mode must be one of {', '.join(offered)}"
        raise ActionError(message)
    commands.set_mode(charger, mode)


def _break_down(world: World, values: Values) -> None:
    charger_of(world, values).break_down()


def _repair(world: World, values: Values) -> None:
    charger_of(world, values).repair()


def _offline(world: World, values: Values) -> None:
    charger_of(world, values).go_offline()


def _online(world: World, values: Values) -> None:
    charger_of(world, values).come_online()


def _limit(world: World, values: Values) -> None:
    load = values.number("load_limit_amps", least=0, most=_MOST_AMPS) if values.has("load_limit_amps") else None
    safe = values.flag("safe_limit", default=False)
    charger_of(world, values).adjust(safe_limit=safe, load_limit_amps=load)


def _solar(world: World, values: Values) -> None:
    site = site_of(world, values)
    world.advance()
    site.solar_watts = values.number("watts") if values.has("watts") else None


def _add_charger(world: World, values: Values) -> None:
    serial = values.text("serial")
    if not serial.isdecimal() or any(item.serial == serial for site in world.sites.values() for item in site.chargers):
        message = "serial must be digits that no charger has yet"
        raise ActionError(message)
    site_of(world, values).add_charger(serial, name=values.text("name", "Added"))


def _remove_charger(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    serial_site(world, charger.serial).remove_charger(charger.serial)


def _move_charger(world: World, values: Values) -> None:
    charger, site = charger_of(world, values), site_of(world, values)
    world.move_charger(charger.serial, site.site_id)


def _replace_meter(world: World, values: Values) -> None:
    charger_of(world, values).replace_meter(values.number("lifetime_kwh", 0.0, least=0) * 1000)


def _pace(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    charger.effect_delay = _seconds(values, "effect_seconds", charger.effect_delay)
    charger.history.cost_after = _seconds(values, "cost_seconds", charger.history.cost_after)
    charger.set_reporting(_seconds(values, "report_seconds", charger.reporting_interval, least=1))


def _seconds(values: Values, name: str, present: timedelta, *, least: float = 0) -> timedelta:
    return timedelta(seconds=values.number(name, present.total_seconds(), least=least, most=31 * DAY_SECONDS))


def _rights(world: World, values: Values) -> None:
    charger = charger_of(world, values)
    charger.owner_may_control = values.flag("owner_may_control", default=not charger.owner_may_control)


def _firmware(world: World, values: Values) -> None:
    charger_of(world, values).target_firmware = values.line("version")


# Accounts


def _expire(world: World, values: Values) -> None:
    match values.text("what", "sessions"):
        case "tokens":
            world.accounts.expire_tokens()
        case "manager_tokens":
            world.accounts.withdraw_managers()
        case "all_tokens":
            world.accounts.expire_tokens(manager=True)
        case "sessions":
            world.accounts.expire_sessions()
        case _:
            message = "what must be tokens, manager_tokens, all_tokens or sessions"
            raise ActionError(message)


def _block(world: World, values: Values) -> None:
    _account(world, values).blocked = values.flag("blocked", default=True)


def _cap(world: World, values: Values) -> None:
    _account(world, values).session_cap = values.whole("sessions", least=0)


def _one_time_codes(world: World, values: Values) -> None:
    _account(world, values).one_time_codes = values.flag("enabled", default=True)


def _renewal(world: World, values: Values) -> None:
    _account(world, values).renews_by_cookie = values.flag("by_cookie", default=True)


# Trouble


_TROUBLES: dict[str, Callable[[Values], Trouble]] = {
    "status": lambda values: faults.status_code(
        _status(values, 503),
        retry_after=values.line("retry_after_date") if values.has("retry_after_date") else _retry_after(values),
        executes=values.flag("executes", default=False),
    ),
    "coded": lambda values: faults.coded_error(
        _status(values, 503),
        values.text("code", "iqevc_ms-10007"),
        values.text("text", "Service is unavailable"),
        executes=values.flag("executes", default=False),
    ),
    "login_wall": lambda values: faults.login_wall(as_json=values.flag("as_json", default=False)),
    "maintenance": lambda values: faults.maintenance(_status(values, 200)),
    "redirect": lambda values: faults.redirected(values.line("location", "/login"), _status(values, 302)),
    "truncated": lambda _values: faults.truncated(),
    "text": lambda values: faults.text_body(values.text("text", "not json"), _status(values, 200)),
    "empty": lambda values: faults.empty_body(_status(values, 204)),
    "payload": lambda values: faults.payload(values.raw("payload"), _status(values, 200)),
    "field": lambda values: faults.field_value(values.text("path"), values.raw("value")),
    "field_missing": lambda values: faults.field_missing(values.text("path")),
    "null_data": lambda _values: faults.null_data(),
    "empty_list": lambda _values: faults.empty_list(),
    "labelled": lambda values: faults.labelled(values.line("content_type", "text/plain")),
    "quoted": lambda _values: faults.quoted(),
    "slow": lambda values: faults.slow(
        values.number("seconds", 5.0, least=0, most=600), executes=values.flag("executes", default=False)
    ),
    "cut": lambda _values: faults.cut_off(),
    "drop": lambda values: faults.dropped(executes=values.flag("executes", default=False)),
}


def _retry_after(values: Values) -> int | None:
    return values.whole("retry_after", least=0) if values.has("retry_after") else None


def _status(values: Values, default: int) -> int:
    return values.whole("status", default, least=100, most=599)


def _fault(world: World, values: Values) -> None:
    build = _TROUBLES.get(values.text("trouble", "status"))
    if build is None:
        message = f"unknown trouble; there are {', '.join(_TROUBLES)}"
        raise ActionError(message)
    world.faults.add(
        build(values),
        *_families(values),
        times=values.whole("times", least=1) if values.has("times") else None,
        method=values.text("method") if values.has("method") else None,
        path_part=values.text("path_part") if values.has("path_part") else None,
    )


def _clear(world: World, values: Values) -> None:
    families = _families(values)
    world.faults.clear(*families)
    if not families:
        world.rate_limit = None


def _rate_limit(world: World, values: Values) -> None:
    if not values.has("requests"):
        world.rate_limit = None
        return
    world.rate_limit = RateLimit(
        requests=values.whole("requests", least=0),
        span=timedelta(seconds=values.number("seconds", 60, least=0.001, most=DAY_SECONDS)),
        retry_after=values.whole("retry_after", 60, least=0),
    )


def _forget_requests(world: World, _values: Values) -> None:
    world.requests.clear()


def _shape(world: World, values: Values) -> None:
    presentation = world.presentation
    try:
        presentation.status_shape = StatusShape(values.text("status", presentation.status_shape.value))
        presentation.dead_session = DeadSession(values.text("dead_session", presentation.dead_session.value))
    except ValueError:
        message = "unknown shape"
        raise ActionError(message) from None
    presentation.ignores_dead_bearer = values.flag("ignores_dead_bearer", default=presentation.ignores_dead_bearer)
    presentation.json_login_refused = values.flag("json_login_refused", default=presentation.json_login_refused)


# Time


def _scaled_clock(world: World) -> ScaledClock:
    if not isinstance(world.clock, ScaledClock):
        message = "this world lives by a clock of somebody else"
        raise ActionError(message)
    world.advance()
    return world.clock


def _speed(world: World, values: Values) -> None:
    _scaled_clock(world).set_speed(values.number("speed", least=SLOWEST, most=FASTEST))


def _jump(world: World, values: Values) -> None:
    distance = timedelta(seconds=values.number("seconds", least=0, most=_LONGEST_JUMP_SECONDS))
    _scaled_clock(world).jump(distance)
    world.advance()


ACTIONS: dict[str, Action] = {
    "plug": _plug,
    "unplug": _unplug,
    "start": _start,
    "stop": _stop,
    "mode": _mode,
    "authenticate": _authenticate,
    "break": _break_down,
    "repair": _repair,
    "offline": _offline,
    "online": _online,
    "limit": _limit,
    "solar": _solar,
    "add-charger": _add_charger,
    "remove-charger": _remove_charger,
    "move-charger": _move_charger,
    "replace-meter": _replace_meter,
    "pace": _pace,
    "rights": _rights,
    "firmware": _firmware,
    "expire": _expire,
    "block": _block,
    "cap": _cap,
    "one-time-codes": _one_time_codes,
    "renewal": _renewal,
    "fault": _fault,
    "clear": _clear,
    "rate-limit": _rate_limit,
    "forget-requests": _forget_requests,
    "shape": _shape,
    "speed": _speed,
    "jump": _jump,
    **SCHEDULE_ACTIONS,
    **SERVICE_ACTIONS,
}
