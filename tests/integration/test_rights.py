"""Who may call which action: the same people who may use the entities."""

from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World

from .conftest import SetupEntry

NOT_THERE: Final = "c0ffee00-0000-4000-8000-000000000000"
ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "start_charging": {},
    "stop_charging": {},
    "trigger_message": {"requested_message": "MeterValues"},
    "trigger_message advanced": {"requested_message": "BootNotification", "allow_advanced": True},
    "start_live_stream": {},
    "stop_live_stream": {},
    "get_sessions": {},
    "get_prices": {},
    "export_sessions": {},
    "import_sessions": {"start": "2026-11-01"},
    "clear_reauth_issue": {},
    "get_schedules": {},
    "set_schedule": {"schedule_id": NOT_THERE, "enabled": False},
    "delete_schedule": {"schedule_id": NOT_THERE},
    "enable_schedule": {"schedule_id": NOT_THERE},
    "disable_schedule": {"schedule_id": NOT_THERE},
    "plan_charging": {"energy": 10},
    "cancel_plan": {},
}
COMMANDS: Final = frozenset(
    {
        "start_charging",
        "stop_charging",
        "trigger_message",
        "start_live_stream",
        "stop_live_stream",
        "set_schedule",
        "delete_schedule",
        "enable_schedule",
        "disable_schedule",
        "plan_charging",
        "cancel_plan",
    }
)
READS: Final = frozenset({"get_sessions", "get_prices", "export_sessions", "get_schedules"})
CALLERS: Final[dict[str, frozenset[str]]] = {
    "administrator": frozenset(ACTIONS),
    "user": COMMANDS | READS,
    "read-only user": READS,
    "user without rights": frozenset(),
}
POLICIES: Final[dict[str, dict[str, Any]]] = {
    "user": {"entities": True},
    "read-only user": {"entities": {"all": {POLICY_READ: True}}},
    "user without rights": {},
}


@pytest.fixture
async def entry(setup_entry: SetupEntry) -> MockConfigEntry:
    """The site, set up."""
    return await setup_entry()


def caller(hass: HomeAssistant, kind: str) -> User:
    """Return a person of a group."""
    user = MockUser(is_owner=kind == "administrator").add_to_hass(hass)
    if kind != "administrator":
        user.mock_policy(POLICIES[kind])
    return user


async def call(hass: HomeAssistant, action: str, user_id: str | None, **target: Any) -> Any:
    """Call an action for a person."""
    name = action.split(maxsplit=1)[0]
    return await hass.services.async_call(
        DOMAIN,
        name,
        ACTIONS[action] | target,
        blocking=True,
        context=Context(user_id=user_id),
        return_response=hass.services.supports_response(DOMAIN, name) is not SupportsResponse.NONE,
    )


def device_of(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the id of a device."""
    device_id = dr.async_get_device_id_by_identifier(hass, (DOMAIN, identifier), config_entry_id=entry.entry_id)
    assert device_id
    return device_id


def target_of(hass: HomeAssistant, entry: MockConfigEntry, world: World, action: str) -> str:
    """Return what an action is aimed at: the charger, or the site where it has none."""
    of_site = action in {"get_prices", "clear_reauth_issue"}
    return device_of(hass, entry, f"site:{entry.unique_id}" if of_site else world.charger.serial)


async def is_refused(hass: HomeAssistant, action: str, user_id: str, target: str) -> bool:
    """Return whether an action is refused to a person for want of rights; whatever else becomes of it is no matter."""
    try:
        await call(hass, action, user_id, device_id=target)
    except Unauthorized:
        return True
    except HomeAssistantError:
        pass
    return False


async def test_every_action_is_in_the_table(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Trap 87: an action that is added later forgets its caller too."""
    assert {action.split(maxsplit=1)[0] for action in ACTIONS} == hass.services.async_services_for_domain(DOMAIN).keys()


@pytest.mark.parametrize(("kind", "allowed"), CALLERS.items())
async def test_an_action_is_for_those_who_may_use_the_entities(
    hass: HomeAssistant, entry: MockConfigEntry, world: World, kind: str, allowed: frozenset[str]
) -> None:
    """Trap 87."""
    user = caller(hass, kind)
    refused = {
        action for action in ACTIONS if await is_refused(hass, action, user.id, target_of(hass, entry, world, action))
    }
    assert refused == ACTIONS.keys() - allowed


async def test_what_is_refused_sends_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, world: World, simulator: Simulator
) -> None:
    """Trap 87."""
    await hass.async_block_till_done(wait_background_tasks=True)
    user = caller(hass, "user without rights")
    sent = len(simulator.requests)
    for action in ACTIONS:
        assert await is_refused(hass, action, user.id, target_of(hass, entry, world, action))
    assert len(simulator.requests) == sent


@pytest.mark.parametrize("action", ["start_live_stream", "get_prices"])
async def test_without_a_target_only_sites_that_the_caller_may_use_are_meant(
    hass: HomeAssistant, entry: MockConfigEntry, action: str
) -> None:
    """Trap 87."""
    with pytest.raises(Unauthorized):
        await call(hass, action, caller(hass, "user without rights").id)


async def test_the_right_to_the_switch_of_one_charger_is_enough_for_that_charger(
    hass: HomeAssistant, entry: MockConfigEntry, world: World, simulator: Simulator
) -> None:
    """Trap 87."""
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {"switch.carport": {POLICY_CONTROL: True}}}})
    await call(hass, "trigger_message", user.id, device_id=target_of(hass, entry, world, "trigger_message"))
    assert simulator.requests.count(Family.TRIGGER) == 1
    with pytest.raises(Unauthorized):
        await call(hass, "get_prices", user.id, device_id=target_of(hass, entry, world, "get_prices"))


async def test_a_person_who_is_gone_may_do_nothing(hass: HomeAssistant, entry: MockConfigEntry, world: World) -> None:
    """Trap 87."""
    with pytest.raises(UnknownUser):
        await call(hass, "start_charging", "gone", device_id=target_of(hass, entry, world, "start_charging"))
