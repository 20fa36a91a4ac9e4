"""Charge modes and the settings of a charger."""

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    ChargeMode,
    CommandOutcomeUnknown,
    CommandRejected,
    ConfigurationValue,
    EnlightenClient,
    EnlightenError,
    GreenSettings,
    ModePreference,
    NoScheduleEnabled,
    NotSupported,
    RateLimited,
    RouteGone,
    ServiceUnavailable,
)
from custom_components.enphase_cloud_things.enlighten.models.modes import ModeOption, read_configuration
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble
from simulator.settings import ChargeMode as SimulatedMode, Setting

from .conftest import SERIAL, SITE


def preference(value: JsonValue) -> ModePreference:
    return ModePreference.from_wire(value, Oddities())


def test_a_whole_preference() -> None:
    reply: JsonValue = {
        "data": {
            "config": {"modeSyncStatus": "synced", "pendingModesOffGrid": False, "stormActive": True},
            "modes": {
                "greenCharging": {
                    "chargingMode": "GREEN_CHARGING",
                    "enabled": True,
                    "isHidden": False,
                    "isDisabledByStorm": True,
                },
                "scheduledCharging": {
                    "chargingMode": "SCHEDULED_CHARGING",
                    "enabled": False,
                    "schedulesEnabled": 1,
                },
                "manualCharging": {"chargingMode": "MANUAL_CHARGING", "enabled": False},
            },
        }
    }

    assert preference(reply) == ModePreference(
        selected=ChargeMode.GREEN,
        options=(
            ModeOption(mode=ChargeMode.GREEN, enabled=True, hidden=False, disabled_by_storm=True),
            ModeOption(mode=ChargeMode.SCHEDULED, enabled=False),
            ModeOption(mode=ChargeMode.MANUAL, enabled=False),
        ),
        synced=True,
        storm_active=True,
    )


def test_a_short_preference_names_modes_by_their_keys() -> None:
    reply: JsonValue = {
        "data": {
            "modes": {
                "smartCharging": {"enabled": True},
                "scheduledCharging": {"enabled": False},
                "lunarCharging": {"enabled": False},
                "note": "text",
            }
        }
    }

    found = preference(reply)

    assert found.selected is ChargeMode.SMART
    assert [option.mode for option in found.options] == [
        ChargeMode.SMART,
        ChargeMode.SCHEDULED,
        "lunarCharging",
    ]
    assert found.synced is None
    assert found.storm_active is None


def test_a_new_mode_is_kept_as_text() -> None:
    reply: JsonValue = {"data": {"modes": {"x": {"chargingMode": "LUNAR_CHARGING", "enabled": 1}}}}

    assert preference(reply).selected == "LUNAR_CHARGING"


@pytest.mark.parametrize(
    "reply",
    [None, {}, {"data": None}, {"data": {"modes": None}}, {"data": {"modes": {"manualCharging": {"enabled": False}}}}],
    ids=repr,
)
def test_no_enabled_mode_is_unknown_and_not_manual(reply: JsonValue) -> None:
    """Trap 34: unknown is not manual."""
    assert preference(reply).selected is None


@pytest.mark.parametrize(
    ("config", "synced"),
    [
        ({"modeSyncStatus": "synced"}, True),
        ({"modeSyncStatus": "SYNCED", "pendingModesOffGrid": False}, True),
        ({"modeSyncStatus": "pending"}, False),
        ({"modeSyncStatus": "synced", "pendingModesOffGrid": True}, False),
        ({}, None),
    ],
    ids=repr,
)
def test_whether_the_charger_has_the_mode(config: JsonValue, synced: bool | None) -> None:
    assert preference({"data": {"config": config}}).synced is synced


async def test_the_mode_that_a_person_chose_is_read(client: EnlightenClient, world: World) -> None:
    world.charger.modes.fix(SimulatedMode.GREEN)

    assert (await client.charge_mode(SITE, SERIAL)).selected is ChargeMode.GREEN


async def test_sites_with_smart_charging_offer_it_in_place_of_green(client: EnlightenClient, world: World) -> None:
    world.charger.modes.smart = True

    options = (await client.charge_mode(SITE, SERIAL)).options

    assert {option.mode for option in options} == {ChargeMode.SMART, ChargeMode.SCHEDULED, ChargeMode.MANUAL}


async def test_another_mode_is_stored(client: EnlightenClient, simulator: Simulator) -> None:
    await client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)

    request = simulator.requests.last(Family.MODE)
    assert (request.method, request.json) == ("PUT", {"mode": "GREEN_CHARGING"})
    assert request.headers["authorization"].startswith("Bearer ")
    assert (await client.charge_mode(SITE, SERIAL)).selected is ChargeMode.GREEN


async def test_scheduled_without_a_schedule_is_refused_at_once(
    client: EnlightenClient, world: World, simulator: Simulator
) -> None:
    """Trap 35: this 400 is final."""
    world.charger.slots.clear()

    with pytest.raises(NoScheduleEnabled) as caught:
        await client.set_charge_mode(SITE, SERIAL, ChargeMode.SCHEDULED)

    assert caught.value.refusal.code == "iqevc_sch_10031"
    assert simulator.requests.count(Family.MODE) == 1


async def test_any_other_400_may_have_worked(client: EnlightenClient, world: World) -> None:
    """Trap 35: only a read can tell."""
    world.charger.quirks.preference_400_but_applied = True

    with pytest.raises(CommandOutcomeUnknown):
        await client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)

    assert (await client.charge_mode(SITE, SERIAL)).selected is ChargeMode.GREEN


MODE_ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "403": (faults.status_code(403), CommandRejected),
    "404": (faults.status_code(404), CommandRejected),
    "409": (faults.status_code(409), CommandRejected),
    "405": (faults.status_code(405), RouteGone),
    "406": (faults.status_code(406), CommandRejected),
    "429": (faults.status_code(429), RateLimited),
    "500": (faults.status_code(500), CommandOutcomeUnknown),
    "503": (faults.status_code(503), CommandOutcomeUnknown),
    "a page": (faults.maintenance(), CommandOutcomeUnknown),
    "plain text": (faults.text_body("Hello"), CommandOutcomeUnknown),
    "no answer": (faults.dropped(executes=True), CommandOutcomeUnknown),
    "an error with 200": (faults.payload({"error": {"code": "1"}}), CommandRejected),
}


@pytest.mark.parametrize(("trouble", "error"), MODE_ANSWERS.values(), ids=MODE_ANSWERS)
async def test_every_answer_to_another_mode_has_its_meaning(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    simulator.faults.add(trouble, Family.MODE)

    with pytest.raises(EnlightenError) as caught:
        await client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)

    assert type(caught.value) is error
    assert simulator.requests.count(Family.MODE) == 1


async def test_a_mode_can_be_read_back_while_its_family_is_in_trouble(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(503), Family.MODE, times=1)
    with pytest.raises(ServiceUnavailable):
        await client.charge_mode(SITE, SERIAL)
    with pytest.raises(ServiceUnavailable):
        await client.charge_mode(SITE, SERIAL)
    assert simulator.requests.count(Family.MODE) == 1

    assert (await client.charge_mode(SITE, SERIAL, urgent=True)).selected is ChargeMode.MANUAL


async def test_an_accepted_command_ends_the_back_off_of_its_family(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.status_code(503), Family.MODE, times=1)
    with pytest.raises(ServiceUnavailable):
        await client.charge_mode(SITE, SERIAL)

    await client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)

    assert (await client.charge_mode(SITE, SERIAL)).selected is ChargeMode.GREEN


@pytest.mark.parametrize(
    ("reply", "use_battery"),
    [
        ({"data": [{"chargerSettingName": "USE_BATTERY_FOR_SELF_CONSUMPTION", "enabled": True}]}, True),
        ({"data": [{"chargerSettingName": "OTHER", "enabled": True}]}, None),
        ({"data": []}, None),
        ({"data": None}, None),
        ({}, None),
    ],
    ids=repr,
)
def test_the_battery_setting_may_not_exist(reply: JsonValue, use_battery: bool | None) -> None:
    assert GreenSettings.from_wire(reply, Oddities()) == GreenSettings(use_battery=use_battery)


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_home_battery_is_let_into_green_charging(
    client: EnlightenClient, simulator: Simulator, enabled: bool
) -> None:
    await client.set_use_battery(SITE, SERIAL, enabled)

    request = simulator.requests.last(Family.GREEN)
    assert (request.method, request.json) == (
        "PUT",
        {
            "chargerSettingList": [
                {
                    "chargerSettingName": "USE_BATTERY_FOR_SELF_CONSUMPTION",
                    "enabled": enabled,
                    "value": None,
                    "loader": False,
                }
            ]
        },
    )
    assert (await client.green_settings(SITE, SERIAL)).use_battery is enabled


async def test_the_configuration_is_read_by_key(client: EnlightenClient, world: World) -> None:
    world.charger.settings["sessionAuthentication"] = Setting(value="disabled", pending="enabled")
    world.charger.settings["DefaultChargeLevel"] = Setting(value="26")
    del world.charger.settings["ConnectorLock"]

    values = {item.key: item for item in await client.configuration(SITE, SERIAL)}

    assert values["sessionAuthentication"] == ConfigurationValue(
        key="sessionAuthentication", value="disabled", pending=True
    )
    assert values["DefaultChargeLevel"].value == "26"
    assert values["phase_switch_config"].value == "auto"
    assert "ConnectorLock" not in values


def test_configuration_values_are_text_whatever_they_come_as() -> None:
    rows: JsonValue = [
        {"key": "a", "value": 26, "status": 1},
        {"key": "b", "value": True, "status": "2"},
        {"key": "c", "value": 26.0, "reqValue": 0.5},
        {"key": "d", "value": [], "reqValue": None},
        {"key": "e", "value": "on", "reqValue": "on", "status": 1},
        {"value": "nameless"},
    ]

    assert read_configuration({"data": rows}, Oddities()) == (
        ConfigurationValue(key="a", value="26"),
        ConfigurationValue(key="b", value="true", pending=True),
        ConfigurationValue(key="c", value="26", pending=True),
        ConfigurationValue(key="d"),
        ConfigurationValue(key="e", value="on"),
    )


@pytest.mark.parametrize(("key", "value"), [("DefaultChargeLevel", 26), ("sessionAuthentication", "enabled")])
async def test_one_setting_is_changed_at_a_time(
    client: EnlightenClient, simulator: Simulator, key: str, value: str | int
) -> None:
    await client.configure(SITE, SERIAL, key, value)

    request = simulator.requests.last(Family.CONFIGURATION)
    assert (request.method, request.json) == ("PUT", [{"key": key, "value": value}])


@pytest.mark.parametrize("status", [401, 403])
async def test_a_configuration_that_refuses_tokens_is_asked_by_cookies(
    client: EnlightenClient, simulator: Simulator, status: int
) -> None:
    """Trap 62: some sites answer to cookies alone."""
    simulator.faults.add(faults.status_code(status), Family.CONFIGURATION, times=1)

    assert await client.configuration(SITE, SERIAL)

    with_tokens, by_cookies = simulator.requests.of(Family.CONFIGURATION)
    assert {"authorization", "e-auth-token"} <= with_tokens.headers.keys()
    assert not {"authorization", "e-auth-token"} & by_cookies.headers.keys()
    assert simulator.requests.count(Family.JWT) == 0


async def test_a_configuration_that_always_refuses_tokens_can_be_read_for_ever(
    client: EnlightenClient, world: World, clock: ManualClock
) -> None:
    world.charger.quirks.config_refuses_bearer = True

    for _ in range(5):
        assert await client.configuration(SITE, SERIAL)
        clock.tick(3600)


async def test_a_configuration_that_refuses_everything_is_not_supported_after_three_tries(
    client: EnlightenClient, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.faults.add(faults.status_code(403), Family.CONFIGURATION)
    for tries in (1, 2, 3):
        with pytest.raises(NotSupported):
            await client.configuration(SITE, SERIAL)
        assert simulator.requests.count(Family.CONFIGURATION) == 2 * tries
        clock.tick(3600)

    with pytest.raises(NotSupported):
        await client.configuration(SITE, SERIAL)

    assert simulator.requests.count(Family.CONFIGURATION) == 6


async def test_a_configuration_in_trouble_is_asked_once(client: EnlightenClient, simulator: Simulator) -> None:
    simulator.faults.add(faults.status_code(500), Family.CONFIGURATION)

    with pytest.raises(ServiceUnavailable):
        await client.configuration(SITE, SERIAL)

    assert simulator.requests.count(Family.CONFIGURATION) == 1


async def test_a_login_page_for_a_configuration_is_not_asked_again(
    client: EnlightenClient, simulator: Simulator
) -> None:
    simulator.faults.add(faults.login_wall(), Family.CONFIGURATION)

    with pytest.raises(ServiceUnavailable):
        await client.configuration(SITE, SERIAL)

    assert simulator.requests.count(Family.CONFIGURATION) == 1
