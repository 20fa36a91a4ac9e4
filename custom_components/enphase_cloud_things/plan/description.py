"""Plans in words for attributes and replies: kWh and money to three decimals, times on the clock of the site."""

from datetime import tzinfo

from homeassistant.util.json import JsonObjectType, JsonValueType

from .planner import ChargingPlan


def described_windows(plan: ChargingPlan | None, zone: tzinfo) -> list[JsonValueType]:
    """Return the windows of a plan, none without one."""
    return [
        {
            "start": window.start.astimezone(zone).isoformat(),
            "end": window.end.astimezone(zone).isoformat(),
            "energy": rounded(window.energy),
            "cost": rounded(window.cost),
        }
        for window in (plan.windows if plan else ())
    ]


def described_plan(plan: ChargingPlan | None, zone: tzinfo) -> JsonObjectType:
    """Return a plan as a reply."""
    return {
        "windows": described_windows(plan, zone),
        "energy": rounded(plan.energy) if plan else None,
        "cost": rounded(plan.cost) if plan else None,
        "cost_at_once": rounded(plan.cost_at_once) if plan else None,
        "saving": rounded(plan.saving) if plan else None,
        "missing": rounded(plan.missing) if plan else None,
    }


def rounded(amount: float | None) -> float | None:
    """Return an amount to three decimals, never as a negative zero."""
    return None if amount is None else round(amount, 3) + 0.0
