"""The reply of the actions on a charger has one shape, whatever the charger was targeted by."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, label_registry as lr
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Car, Family, Simulator, World

from .conftest import SetupEntry
from .passing_time import Meanwhile
from .wishes import SWITCH

type Target = Callable[[HomeAssistant, str], dict[str, list[str]]]


def by_area(hass: HomeAssistant, device_id: str) -> dict[str, list[str]]:
    """Target the area that the charger is in."""
    area = ar.async_get(hass).async_create("Drive")
    dr.async_get(hass).async_update_device(device_id, area_id=area.id)
    return {"area_id": [area.id]}


def by_label(hass: HomeAssistant, device_id: str) -> dict[str, list[str]]:
    """Target a label that the charger bears."""
    label = lr.async_get(hass).async_create("Cars")
    dr.async_get(hass).async_update_device(device_id, labels={label.label_id})
    return {"label_id": [label.label_id]}


def by_device(_hass: HomeAssistant, device_id: str) -> dict[str, list[str]]:
    """Target the device itself."""
    return {"device_id": [device_id]}


def by_entity(_hass: HomeAssistant, _device_id: str) -> dict[str, list[str]]:
    """Target an entity of the charger."""
    return {"entity_id": [SWITCH]}


@pytest.mark.parametrize("target", [by_area, by_label, by_device, by_entity])
@pytest.mark.parametrize(
    ("action", "fields", "answer"),
    [
        ("start_charging", {}, {"outcome": "confirmed"}),
        ("stop_charging", {}, {"outcome": "not_charging"}),
        (
            "trigger_message",
            {"requested_message": "StatusNotification"},
            {"outcome": "accepted", "message": None, "details": {}},
        ),
    ],
)
async def test_the_reply_names_the_charger_the_outcome_and_the_reason(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    world: World,
    meanwhile: Meanwhile,
    target: Target,
    action: str,
    fields: dict[str, str],
    answer: dict[str, object],
) -> None:
    world.charger.plug_in(Car())
    entry = await setup_entry()
    device_id = dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, world.charger.serial), config_entry_id=entry.entry_id
    )
    data = fields | target(hass, device_id)
    reply: Any = await meanwhile(hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True))
    assert reply == {"chargers": [{"device_id": device_id, "name": "Carport", "reason": None, **answer}]}


@pytest.mark.parametrize(("fields", "connector"), [({}, 1), ({"connector_id": 2}, 2)])
async def test_the_connector_asked_for_is_the_connector_sent(
    hass: HomeAssistant,
    setup_entry: SetupEntry,
    simulator: Simulator,
    fields: dict[str, int],
    connector: int,
) -> None:
    charger = simulator.world.site.add_charger("202640011877", name="Garage", connectors=2)
    charger.plug_in(Car(), connector=connector)
    await setup_entry()
    data = {"entity_id": "switch.garage", "charging_level": 16} | fields
    await hass.services.async_call(DOMAIN, "start_charging", data, blocking=True)
    assert simulator.requests.last(Family.START).json == {"chargingLevel": 16, "connectorId": connector}


class TestTheLiveStream:
    """Starting and stopping the live stream of whole sites."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        return World.with_two_sites()

    @pytest.mark.parametrize("action", ["start_live_stream", "stop_live_stream"])
    async def test_without_a_target_it_reaches_the_cloud_for_all_sites(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, simulator: Simulator, action: str
    ) -> None:
        for site in world.sites.values():
            await setup_entry(site=site)
        await hass.services.async_call(DOMAIN, action, {}, blocking=True)
        sent = {
            request.parameters["site"]: request.path.endswith(action)
            for request in simulator.requests.of(Family.LIVE_STREAM)
        }
        assert sent == dict.fromkeys(world.sites, True)
