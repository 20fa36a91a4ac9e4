"""Changing the options, signing in again and forgetting the password."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, section
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_KEY, World

from .conftest import SetupEntry
from .flows import assert_aborted, assert_form, filled_in

CABIN = "4410288"
DEFAULTS = {
    "slow_poll_interval": 30,
    "fast_poll_interval": 10,
    "fast_while_streaming": True,
    "apply_amps_while_charging": False,
    "api_timeout": 15,
    "nominal_voltage": 240,
    "enable_vpp": True,
    "vpp_program_id": "",
    "enable_monetary": True,
    "price_entity": "",
}
SHOWN = {key: value for key, value in DEFAULTS.items() if key != "price_entity"}
"""What the form has filled in; an empty text in an entity field would be refused as an entity."""
ADVANCED = {"slow_poll_interval", "fast_poll_interval", "fast_while_streaming", "api_timeout", "nominal_voltage"}
PROGRAM = "65f0c1d2e3a4b5968778695a"


async def choose(hass: HomeAssistant, entry: ConfigEntry, step: str) -> ConfigFlowResult:
    """Open the options and choose from the menu."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": step})


async def submit(hass: HomeAssistant, result: ConfigFlowResult, fields: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form that is shown, some fields of it in their section."""
    schema = result["data_schema"]
    if schema is not None and "advanced" in schema.schema:
        advanced = {name: value for name, value in fields.items() if name in ADVANCED}
        fields = {name: value for name, value in fields.items() if name not in ADVANCED} | {"advanced": advanced}
    return await hass.config_entries.options.async_configure(result["flow_id"], fields)


def reloads(entry: ConfigEntry) -> list[ConfigEntryState]:
    """Return the states that an entry passes through from now on."""
    states: list[ConfigEntryState] = []
    entry.async_on_state_change(lambda: states.append(entry.state))
    return states


@pytest.mark.parametrize(
    ("remember_password", "choices"),
    [
        (False, ["settings", "reauthenticate", "record"]),
        (True, ["settings", "reauthenticate", "record", "forget_password"]),
    ],
)
async def test_the_menu_offers_to_forget_a_password_that_is_stored(
    hass: HomeAssistant, setup_entry: SetupEntry, remember_password: bool, choices: list[str]
) -> None:
    entry = await setup_entry(remember_password=remember_password)
    menu = await hass.config_entries.options.async_init(entry.entry_id)

    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "init")
    assert menu["menu_options"] == choices


class TestSettings:
    """The step `settings`."""

    async def test_a_new_entry_shows_the_defaults(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        form = await choose(hass, await setup_entry(), "settings")
        assert_form(form, "settings")
        assert filled_in(form) == SHOWN

    async def test_the_section_that_stays_closed_is_submitted_as_it_is(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(options={"slow_poll_interval": 120})
        form = await choose(hass, entry, "settings")
        assert form["data_schema"] is not None
        (closed,) = [
            marker.default() for marker, field in form["data_schema"].schema.items() if isinstance(field, section)
        ]
        assert closed == {key: DEFAULTS[key] for key in ADVANCED} | {"slow_poll_interval": 120}

    async def test_saved_settings_are_stored_shown_and_in_force(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        states = reloads(entry)
        wished = {
            "slow_poll_interval": 60,
            "fast_poll_interval": 20,
            "fast_while_streaming": False,
            "apply_amps_while_charging": True,
            "api_timeout": 30,
            "nominal_voltage": 230,
            "enable_vpp": False,
            "vpp_program_id": PROGRAM,
            "enable_monetary": False,
            "price_entity": "sensor.spot_price",
        }

        result = await submit(hass, await choose(hass, entry, "settings"), wished)
        await hass.async_block_till_done()
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options == wished
        assert ConfigEntryState.SETUP_IN_PROGRESS in states
        assert entry.state is ConfigEntryState.LOADED
        assert filled_in(await choose(hass, entry, "settings")) == wished

    @pytest.mark.parametrize(
        ("attributes", "errors"),
        [
            ({"note": "no prices here"}, {"price_entity": "price_entity_not_understood"}),
            ({"raw_today": [{"start": "2026-11-17T13:00:00+00:00", "value": 0.21}]}, {}),
        ],
        ids=["no forecast", "a forecast"],
    )
    @pytest.mark.freeze_time("2026-11-17 12:00:00+00:00")
    async def test_a_price_sensor_is_looked_at_before_it_is_taken(
        self, hass: HomeAssistant, setup_entry: SetupEntry, attributes: dict[str, Any], errors: dict[str, str]
    ) -> None:
        hass.states.async_set("sensor.spot_price", "0.21", attributes)
        entry = await setup_entry()
        form = await choose(hass, entry, "settings")

        result = await submit(hass, form, SHOWN | {"price_entity": "sensor.spot_price"})

        assert (result.get("errors") or {}) == errors
        assert ("price_entity" in entry.options) is not bool(errors)

    async def test_saving_signs_nobody_in(self, hass: HomeAssistant, world: World, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        world.requests.clear()

        await submit(hass, await choose(hass, entry, "settings"), {"slow_poll_interval": 60})
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert world.requests.logins == 0

    async def test_saving_what_is_in_force_does_not_reload(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(options=DEFAULTS)
        states = reloads(entry)

        await submit(hass, await choose(hass, entry, "settings"), {})
        await hass.async_block_till_done()
        assert states == []

    @pytest.mark.parametrize(
        ("option", "low", "high"),
        [
            ("slow_poll_interval", 15, 3600),
            ("fast_poll_interval", 5, 300),
            ("api_timeout", 5, 60),
            ("nominal_voltage", 100, 277),
        ],
    )
    async def test_numbers_have_bounds(
        self, hass: HomeAssistant, setup_entry: SetupEntry, option: str, low: int, high: int
    ) -> None:
        entry = await setup_entry()
        fitting = {"slow_poll_interval": 3600, "fast_poll_interval": 5}
        for beyond in (low - 1, high + 1):
            form = await choose(hass, entry, "settings")
            with pytest.raises(InvalidData) as error:
                await submit(hass, form, fitting | {option: beyond})
            assert option in str(error.value)
        for within in (low, high):
            form = await choose(hass, entry, "settings")
            result = await submit(hass, form, fitting | {option: within})
            assert result["type"] is FlowResultType.CREATE_ENTRY
            await hass.async_block_till_done()
            assert entry.options[option] == within

    async def test_active_polling_is_not_slower_than_idle_polling(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        wished = {"slow_poll_interval": 60, "fast_poll_interval": 61}
        form = await submit(hass, await choose(hass, entry, "settings"), wished)
        assert_form(form, "settings", base="fast_above_slow")
        assert filled_in(form) == SHOWN | wished

        result = await submit(hass, form, {"slow_poll_interval": 60, "fast_poll_interval": 60})
        assert result["type"] is FlowResultType.CREATE_ENTRY

    @pytest.mark.parametrize("typed", [PROGRAM[:-1], f"{PROGRAM}0", "g" * 24, "my program", "６" * 24])
    async def test_a_program_id_has_24_hexadecimal_digits(
        self, hass: HomeAssistant, setup_entry: SetupEntry, typed: str
    ) -> None:
        """Trap 53: a mistyped program gives empty lists for ever."""
        entry = await setup_entry()
        form = await submit(hass, await choose(hass, entry, "settings"), {"vpp_program_id": typed})
        assert_form(form, "settings", vpp_program_id="invalid_vpp_program_id")

        result = await submit(hass, form, {"vpp_program_id": f" {PROGRAM.upper()} "})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options["vpp_program_id"] == PROGRAM

    async def test_a_program_id_can_be_cleared(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(options={"vpp_program_id": PROGRAM})
        form = await choose(hass, entry, "settings")
        assert filled_in(form)["vpp_program_id"] == PROGRAM

        await submit(hass, form, {})
        assert entry.options["vpp_program_id"] == ""


class TestReauthenticate:
    """The step `reauthenticate`."""

    async def test_starts_a_new_sign_in_and_reloads_nothing(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry()
        states = reloads(entry)
        world.requests.clear()

        assert_aborted(await choose(hass, entry, "reauthenticate"), "reauth_started")
        (flow,) = hass.config_entries.flow.async_progress()
        assert (flow["step_id"], flow["context"]["entry_id"]) == ("reauth_confirm", entry.entry_id)
        await hass.async_block_till_done()
        assert states == []
        assert world.requests.logins == 0


class TestForgetPassword:
    """The step `forget_password`."""

    async def test_asks_first(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry(remember_password=True)

        assert_form(await choose(hass, entry, "forget_password"), "forget_password")
        assert entry.data["password"] == OWNER_KEY

    async def test_removes_it_from_the_entry_and_reloads_nothing(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        states = reloads(entry)

        result = await submit(hass, await choose(hass, entry, "forget_password"), {})
        assert_aborted(result, "password_forgotten")
        assert "password" not in entry.data
        assert entry.data["remember_password"] is False
        await hass.async_block_till_done()
        assert states == []

    async def test_removes_it_from_the_running_session(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        await submit(hass, await choose(hass, entry, "forget_password"), {})
        world.accounts.expire_sessions()
        freezer.tick(timedelta(minutes=1))
        world.requests.clear()

        await entry.runtime_data.chargers.async_refresh()
        await hass.async_block_till_done()
        assert world.requests.logins == 0
        assert [flow["step_id"] for flow in hass.config_entries.flow.async_progress()] == ["reauth_confirm"]

    async def test_removes_it_from_every_entry_of_the_account(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        world.account.site_ids.append(world.add_site(CABIN, "Hill Cabin").site_id)
        home = await setup_entry(remember_password=True)
        cabin = await setup_entry(site=world.sites[CABIN], remember_password=True)

        await submit(hass, await choose(hass, home, "forget_password"), {})
        assert "password" not in cabin.data

    async def test_leaves_other_accounts_alone(
        self, hass: HomeAssistant, world: World, setup_entry: SetupEntry
    ) -> None:
        entry = await setup_entry(remember_password=True)
        neighbour = MockConfigEntry(domain=DOMAIN, data={"account": "7700213", "password": "next door"})
        neighbour.add_to_hass(hass)

        await submit(hass, await choose(hass, entry, "forget_password"), {})
        assert neighbour.data["password"] == "next door"

    async def test_cannot_be_chosen_while_none_is_stored(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        entry = await setup_entry()
        with pytest.raises(InvalidData):
            await choose(hass, entry, "forget_password")


class TestRecord:
    """The step `record`."""

    async def test_keeps_more_replies_for_a_day(
        self, hass: HomeAssistant, setup_entry: SetupEntry, freezer: FrozenDateTimeFactory
    ) -> None:
        entry = await setup_entry()
        recorder = entry.runtime_data.account.recorder

        assert_aborted(await choose(hass, entry, "record"), "recording_started")
        assert recorder.long_until == dt_util.utcnow() + timedelta(days=1)
        assert entry.state is ConfigEntryState.LOADED
