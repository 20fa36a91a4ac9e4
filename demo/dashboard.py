"""The dashboard for the charger, and the charger with its costs in the Energy dashboard."""

from pathlib import Path

from homeassistant.util.yaml import load_yaml_dict

from .api import HomeAssistantApi

URL_PATH = "ev-charger"
ENERGY_METER = "sensor.carport_lifetime_energy"
IMPORT_PRICE = "sensor.energy_prices_lark_street_import_price"


def dashboard_config() -> dict[str, object]:
    """Return the dashboard that lies beside this module."""
    return dict(load_yaml_dict(Path(__file__).with_name("dashboard.yaml")))


async def install_dashboard(api: HomeAssistantApi) -> None:
    """Put the dashboard into the sidebar and make it the page that everybody starts with, unless it is there."""
    config = dashboard_config()
    installed = await api.command("lovelace/dashboards/list")
    if isinstance(installed, list) and any(item["url_path"] == URL_PATH for item in installed):
        return
    await api.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title=config["title"],
        icon="mdi:ev-station",
        show_in_sidebar=True,
        require_admin=False,
    )
    await api.command("lovelace/config/save", url_path=URL_PATH, config=config)
    await api.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    await api.command("energy/save_prefs", energy_sources=[charging_as_import()])


def charging_as_import() -> dict[str, object]:
    """Return the charger as what the home takes from the grid, so that the Energy dashboard works out what it costs."""
    return {
        "type": "grid",
        "stat_energy_from": ENERGY_METER,
        "stat_energy_to": None,
        "stat_cost": None,
        "entity_energy_price": IMPORT_PRICE,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    }
