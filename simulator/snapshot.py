"""The state of a world as JSON, for the control page and for scripts."""

from dataclasses import asdict
from datetime import datetime, timedelta

from .accounting import day_totals
from .chargers import Charger
from .clock import ScaledClock
from .commands import schedules_are_pending
from .connectors import Connector
from .families import Family
from .reports import CloudView
from .schedules import Slot
from .site import Site
from .wire import Json
from .world import World


def world_state(world: World) -> dict[str, Json]:
    """Return the whole state; it holds invented secrets such as the current one-time codes."""
    world.advance()
    now = world.clock()
    counts: dict[str, Json] = {
        family.value: world.requests.count(family) for family in Family if world.requests.count(family)
    }
    return {
        "now": now.isoformat(),
        "ahead_seconds": round((now - world.wall()).total_seconds()),
        "speed": world.clock.speed if isinstance(world.clock, ScaledClock) else None,
        "accounts": _accounts(world),
        "sites": _sites(world),
        "faults": [
            {
                "trouble": fault.trouble.name,
                "families": sorted(family.value for family in fault.families),
                "remaining": fault.remaining,
            }
            for fault in world.faults.active
        ],
        "rate_limit": world.rate_limit.requests if world.rate_limit else None,
        "requests": {"total": len(world.requests), "logins": world.requests.logins, "families": counts},
    }


def _accounts(world: World) -> list[Json]:
    return [
        {
            "email": account.email,
            "password": account.password,
            "blocked": account.blocked,
            "one_time_codes": account.one_time_codes,
            "code": world.accounts.current_code(account.email),
            "codes_sent": account.codes_sent,
            "sessions": len(world.accounts.open_sessions(account)),
            "session_cap": account.session_cap,
            "sites": list(account.site_ids),
        }
        for account in world.accounts.by_email.values()
    ]


def _sites(world: World) -> list[Json]:
    now = world.clock()
    return [
        {
            "id": site.site_id,
            "title": site.title,
            "time_zone": site.time_zone.key,
            "local_time": site.local(now).isoformat(timespec="seconds"),
            "solar_watts": round(site.produced_watts(now)),
            **_services(site, now),
            "chargers": [_charger(charger) for charger in site.chargers],
        }
        for site in world.sites.values()
    ]


def _charger(charger: Charger) -> dict[str, Json]:
    return {
        "serial": charger.serial,
        "name": charger.name,
        "model": charger.model.name,
        "watts": round(charger.watts),
        "lifetime_kwh": round(charger.lifetime_wh / 1000, 3),
        "modes": [mode.value for mode in charger.modes.offered],
        "preference": charger.modes.preference.value,
        "mode": charger.modes.active.value,
        "connected": charger.cloud.connected,
        "owner_may_control": charger.owner_may_control,
        "report_seconds": charger.reporting_interval.total_seconds(),
        "effect_seconds": charger.effect_delay.total_seconds(),
        "faulted": charger.faulted,
        "reported": _reported(charger.cloud),
        "pending": [effect.name for effect in charger.effects],
        "connectors": [_connector(connector) for connector in charger.connectors],
        "slots": [_slot(charger, slot) for slot in charger.slots],
        "schedules_synced": not schedules_are_pending(charger),
        "quirks": {name: _plain(value) for name, value in asdict(charger.quirks).items()},
    }


def _slot(charger: Charger, slot: Slot) -> dict[str, Json]:
    times = [None if moment is None else moment.strftime("%H:%M") for moment in (slot.start, slot.end)]
    is_open = charger.window is not None and charger.window.slot.id == slot.id
    return {
        "id": slot.id,
        "start": times[0],
        "end": times[1],
        "days": list(slot.days),
        "amps": slot.amps,
        "kind": slot.kind,
        "enabled": slot.enabled,
        "open": is_open,
    }


def _plain(value: object) -> Json:
    match value:
        case timedelta():
            return value.total_seconds()
        case bool() | int() | str():
            return value
        case _:
            return None


def _reported(cloud: CloudView) -> dict[str, Json]:
    """Return what the cloud has heard of a charger."""
    first = cloud.state.connectors[0]
    return {
        "at": cloud.reported_at.isoformat(timespec="seconds"),
        "metered_at": cloud.meter.measured_at.isoformat(timespec="seconds"),
        "type": first.type.value,
        "reason": first.reason,
        "session_kwh": round(cloud.meter.session_wh / 1000, 3),
        "lifetime_kwh": round(cloud.meter.lifetime_wh / 1000, 3),
        "mode": cloud.state.mode,
        "level": cloud.state.session.level if cloud.state.session else None,
    }


def _connector(connector: Connector) -> dict[str, Json]:
    car = connector.car
    session = connector.session
    return {
        "number": connector.number,
        "type": connector.type.value,
        "reason": connector.reason,
        "running": connector.running,
        "amps": round(connector.amps, 1),
        "session_kwh": round(session.energy_wh / 1000, 3) if session else 0,
        "waiting_for_authentication": connector.waiting_for_authentication,
        "car": None
        if car is None
        else {
            "state_of_charge": round(car.state_of_charge, 4),
            "battery_kwh": car.battery_kwh,
            "max_amps": car.max_amps,
            "phases": car.phases,
        },
    }


def _services(site: Site, now: datetime) -> dict[str, Json]:
    """Return what the services beside the chargers know of a site."""
    local = site.local(now)
    totals = day_totals(site, local.date())
    return {
        "vpp": _plant(site, now),
        "tariff": {
            "name": site.tariff.name,
            "currency": site.tariff.currency_symbol,
            "import_rate": site.tariff.import_rate(local),
            "export_rate": site.tariff.export_rate(local),
        },
        "today": {
            "imported_wh": round(totals.imported_wh),
            "exported_wh": round(totals.exported_wh),
            "import_cost": _money(totals.import_cost),
            "export_earning": _money(totals.export_earning),
        },
    }


def _plant(site: Site, now: datetime) -> dict[str, Json]:
    plant = site.vpp
    events: list[Json] = [
        {
            "id": event.id,
            "type": event.type,
            "status": event.status_at(now, says_in_progress=plant.says_in_progress),
            "start": event.start.isoformat(timespec="seconds"),
            "end": event.end.isoformat(timespec="seconds"),
            "rate_watt": event.rate_watt,
            "cancelled": event.cancelled_at is not None,
            "superseded": event.superseded,
        }
        for event in plant.listed(now)
    ]
    return {"enrolment": plant.enrolment.value, "program_id": plant.program_id, "events": events}


def _money(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 3)
