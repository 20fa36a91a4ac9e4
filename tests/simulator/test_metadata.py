"""Sites, summary, configuration, firmware and flags over HTTP."""

import re

import pytest

from simulator import NA_SINGLE_PHASE_80A, ManualClock, World
from simulator.wire import Json

from .browser import SERIAL, SITE, SITES, SUMMARY, Browser, pick

CONFIGURATION = f"/service/evse_controller/api/v1/{SITE}/ev_chargers/{SERIAL}/ev_charger_config"
FLAGS = f"/service/evse_management/api/v1/config/feature-flags?site_id={SITE}"


async def test_the_site_list_holds_the_account_s_sites_only(browser: Browser, world: World) -> None:
    world.add_site("4410299", "Somebody else's")

    assert (await browser.get(SITES)).json == {
        "sites": [{"id": 4410287, "path": "/web/4410287?v=3.4.0", "title": "Lark Street", "favourite": False}]
    }


async def test_an_account_may_have_several_sites(browser: Browser, world: World) -> None:
    cabin = world.add_site("4410288", "Hill Cabin")
    world.account.site_ids.append(cabin.site_id)

    sites = (await browser.get(SITES)).at("sites")

    assert [pick(sites, index, "id") for index in (0, 1)] == [4410287, 4410288]


async def test_the_summary_sends_text_where_the_cloud_does(browser: Browser) -> None:
    answer = await browser.get(SUMMARY)

    row = answer.at("data", 0)
    assert answer.at("meta", "rowCount") == 1
    assert pick(row, "chargeLevelDetails") == {
        "min": "6",
        "max": "32",
        "granularity": "1",
        "defaultChargeLevel": "disabled",
    }
    assert pick(row, "operatingVoltage") == "230"
    assert pick(row, "maxCurrent") == 32
    assert pick(row, "lifeTimeConsumption") == 2481337.42
    assert isinstance(pick(row, "networkConfig"), str)
    assert pick(row, "lastReportedAt") == "2026-11-10T07:00:00.000Z[UTC]"


async def test_the_summary_comes_as_object_and_under_its_alias(browser: Browser) -> None:
    row = (await browser.get(SUMMARY)).at("data", 0)
    single = await browser.get(f"/service/evse_controller/api/v2/{SITE}/ev_chargers/{SERIAL}/summary")
    alias = await browser.get(f"/service/evse_controller/{SITE}/ev_chargers/summary")

    assert single.at("data") == row
    assert alias.at("data") == [row]


async def test_the_summary_can_be_asked_for_retired_chargers(browser: Browser, world: World) -> None:
    world.charger.retired = True

    assert (await browser.get(SUMMARY)).at("data") == []
    everything = await browser.get(SUMMARY.replace("=true", "=false"))
    assert everything.at("data", 0, "isRetired") is True


async def test_the_lifetime_grows_at_report_times_only(browser: Browser, world: World, clock: ManualClock) -> None:
    world.charger.quirks.starts_when_plugged_in = True
    world.charger.plug_in()
    clock.tick(33)
    assert (await browser.get(SUMMARY)).at("data", 0, "lifeTimeConsumption") == 2481337.42

    clock.tick(1)

    grown = (await browser.get(SUMMARY)).at("data", 0, "lifeTimeConsumption")
    assert grown == pytest.approx(2481337.42 + 11040 * 30 / 3600, abs=0.01)


async def test_the_80_a_model_has_steps_of_sixteen(browser: Browser, world: World) -> None:
    world.site.add_charger("202640012005", model=NA_SINGLE_PHASE_80A, name=None)

    row = (await browser.get(SUMMARY)).at("data", 1)

    details = pick(row, "chargeLevelDetails")
    assert [pick(details, name) for name in ("min", "max", "granularity")] == ["16", "64", "16"]
    assert isinstance(row, dict)
    assert "displayName" not in row


async def test_configuration_reads_the_keys_that_exist(browser: Browser, world: World) -> None:
    del world.charger.settings["ConnectorLock"]
    keys: Json = [{"key": key} for key in ("DefaultChargeLevel", "phase_switch_config", "ConnectorLock")]

    answer = await browser.post(CONFIGURATION, keys)

    assert answer.at("data") == [
        {"key": "DefaultChargeLevel", "value": None, "reqValue": None, "status": 1},
        {"key": "phase_switch_config", "value": "auto", "reqValue": None, "status": 1},
    ]


async def test_a_default_level_goes_in_as_number_and_comes_out_as_text(
    browser: Browser, world: World, clock: ManualClock
) -> None:
    written = await browser.put(CONFIGURATION, [{"key": "DefaultChargeLevel", "value": 13}])
    clock.tick(10)
    read = await browser.post(CONFIGURATION, [{"key": "DefaultChargeLevel"}])

    assert written.at("data") == [{"key": "DefaultChargeLevel", "value": "13", "reqValue": None, "status": 2}]
    assert read.at("data", 0, "value") == "13"
    assert (await browser.get(SUMMARY)).at("data", 0, "chargeLevelDetails", "defaultChargeLevel") == "13"
    world.charger.quirks.starts_when_plugged_in = True
    world.charger.plug_in()
    clock.tick(10)
    assert world.charger.watts == 13 * 230 * 3


async def test_an_authentication_setting_is_pending_before_it_changes(browser: Browser, clock: ManualClock) -> None:
    written = await browser.put(CONFIGURATION, [{"key": "sessionAuthentication", "value": "enabled"}])
    assert written.at("data", 0) == {
        "key": "sessionAuthentication",
        "value": "disabled",
        "reqValue": "enabled",
        "status": 2,
    }

    clock.tick(10)

    read = await browser.post(CONFIGURATION, [{"key": "sessionAuthentication"}])
    assert read.at("data", 0) == {"key": "sessionAuthentication", "value": "enabled", "reqValue": None, "status": 1}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"key": "DefaultChargeLevel"},
        ["DefaultChargeLevel"],
        [{"key": "DefaultChargeLevel", "value": 99}],
        [{"key": "sessionAuthentication", "value": "maybe"}],
        [{"key": "nonsense", "value": 1}],
        [{"key": "ConnectorLock", "value": "locked"}],
    ],
)
async def test_a_senseless_configuration_is_refused(browser: Browser, body: Json) -> None:
    assert (await browser.put(CONFIGURATION, body)).status == 400


async def test_configuration_may_be_open_to_cookies_only(browser: Browser, world: World) -> None:
    world.charger.quirks.config_refuses_bearer = True
    keys: Json = [{"key": "DefaultChargeLevel"}]
    assert (await browser.post(CONFIGURATION, keys)).status == 403

    browser.tokens = {}

    assert (await browser.post(CONFIGURATION, keys)).status == 200


async def test_firmware_is_a_bare_list_with_nanoseconds(browser: Browser, world: World) -> None:
    world.charger.target_firmware = "26.1.0.3"

    rows = (await browser.get(f"/service/evse_management/fwDetails/{SITE}")).json

    assert pick(rows, 0, "serialNumber") == SERIAL
    assert pick(rows, 0, "siteId") == 4410287
    assert re.search(r"\.\d{9}Z\[UTC\]$", str(pick(rows, 0, "lastUpdatedAt")))
    assert [pick(rows, 0, name) for name in ("currentFwVersion", "targetFwVersion")] == ["25.40.2.9", "26.1.0.3"]


async def test_firmware_of_a_site_without_chargers_is_null(browser: Browser, world: World) -> None:
    world.site.chargers.clear()

    assert (await browser.get(f"/service/evse_management/fwDetails/{SITE}")).json is None


async def test_feature_flags_mix_site_and_charger(browser: Browser, world: World) -> None:
    world.site.feature_flags["off_peak_schedule"] = False

    flags = (await browser.get(FLAGS)).at("data")

    assert pick(flags, "ev_charging") is True
    assert pick(flags, "off_peak_schedule") is False
    assert pick(flags, SERIAL, "phase_config_support") is True


async def test_health_and_countries_are_told(browser: Browser) -> None:
    countries = await browser.get("/service/evse_management/api/v1/config/supported_countries")

    assert countries.at("data", 0, "code") == "AT"
    assert (await browser.get("/healthcheck")).at("STATUS") == "UP"
