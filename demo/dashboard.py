"""The integration's own dashboard in the sidebar, and the charger with its costs in the Energy dashboard."""

from .api import HomeAssistantApi
from .config_flow import DOMAIN

URL_PATH = "ev-charger"
STRATEGY = "custom:enphase-cloud-things"
ENERGY_METER = "sensor.carport_lifetime_energy"


async def install_dashboard(api: HomeAssistantApi, serial: str) -> None:
    """Put the dashboard of a charger into the sidebar and make it everybody's first page, unless it is there."""
    installed = await api.command("lovelace/dashboards/list")
    if isinstance(installed, list) and any(item["url_path"] == URL_PATH for item in installed):
        return
    await api.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="EV charger",
        icon="mdi:ev-station",
        show_in_sidebar=True,
        require_admin=False,
    )
    await api.command("lovelace/config/save", url_path=URL_PATH, config={"strategy": {"type": STRATEGY}})
    await api.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    await api.command(
        "energy/save_prefs",
        energy_sources=[sessions_as_import(serial)],
        device_consumption=[{"stat_consumption": ENERGY_METER}],
    )


def sessions_as_import(serial: str) -> dict[str, object]:
    """Return the imported sessions of a charger as what the home took from the grid, with what they have cost."""
    return {
        "type": "grid",
        "name": "Charging sessions",
        "stat_energy_from": f"{DOMAIN}:{serial}_energy",
        "stat_energy_to": None,
        "stat_cost": f"{DOMAIN}:{serial}_cost",
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    }
