"""Grid events, tariff and energy of the day as JSON, for the control page and for scripts."""

from datetime import datetime

from .accounting import day_totals
from .site import Site
from .wire import Json


def services_state(site: Site, now: datetime) -> dict[str, Json]:
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
