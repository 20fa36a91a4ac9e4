"""The diagnostics file: everything that explains, nothing that identifies."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
import json
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import __version__ as home_assistant_version
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.enphase_cloud_things.const import DOMAIN
from custom_components.enphase_cloud_things.enlighten import unknown_shapes
from simulator import OWNER_EMAIL, OWNER_KEY, Car, Family, Simulator, World, faults

from .conftest import SetupEntry
from .flows import submit
from .passing_time import Advance

CARPORT, DRIVEWAY = "202640011873", "202640011901"

type Json = dict[str, Any]
type Download = Callable[[ConfigEntry], Awaitable[Json]]
type DownloadOfDevice = Callable[[ConfigEntry, str], Awaitable[Json]]


@pytest.fixture
def download(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Download:
    """Return a function that downloads the file of an entry."""

    async def get(entry: ConfigEntry) -> Json:
        return dict(await get_diagnostics_for_config_entry(hass, hass_client, entry))

    return get


@pytest.fixture
def download_of_device(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> DownloadOfDevice:
    """Return a function that downloads the file of one of an entry's devices."""

    async def get(entry: ConfigEntry, identifier: str) -> Json:
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        device = next(device for device in devices if (DOMAIN, identifier) in device.identifiers)
        assert isinstance(device, dr.DeviceEntry)
        return dict(await get_diagnostics_for_device(hass, hass_client, entry, device))

    return get


def shape(value: object) -> object:
    """Return the keys of a file and the types of its values. Of a list the first element stands for all."""
    if isinstance(value, Mapping):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


async def test_the_replies_of_the_cloud_are_in_the_file(
    setup_entry: SetupEntry, simulator: Simulator, advance: Advance, download: Download
) -> None:
    entry = await setup_entry()
    simulator.faults.add(faults.field_value("data.chargers.0.solarBoost", 4711), Family.STATUS)
    await advance(60)
    file = await download(entry)
    assert (file["recording"]["format"], file["recording"]["version"]) == ("enphase_cloud_things recording", 1)
    odd = [row for row in file["recording"]["replies"] if "solarBoost" in json.dumps(row)]
    assert {row["family"] for row in odd} == {"status"}
    assert odd[0]["json"]["data"]["chargers"][0]["sn"] == file["chargers"][0]["serial"]
    assert file["shapes_never_seen"] == 1


async def test_nothing_is_new_about_an_ordinary_cloud(
    setup_entry: SetupEntry, world: World, advance: Advance, download: Download
) -> None:
    world.charger.plug_in(Car())
    entry = await setup_entry()
    await advance(120)
    file = await download(entry)
    assert [str(each) for each in unknown_shapes(file["recording"])] == []
    assert file["shapes_never_seen"] == 0


async def test_the_file_of_a_charger_has_the_recording_too(
    setup_entry: SetupEntry, download_of_device: DownloadOfDevice
) -> None:
    entry = await setup_entry()
    assert (await download_of_device(entry, CARPORT))["recording"]["replies"]


async def test_the_recording_begins_with_the_sign_in(setup_entry: SetupEntry, download: Download) -> None:
    rows = (await download(await setup_entry()))["recording"]["replies"]
    assert [(row["family"], row["path"]) for row in rows][:3] == [
        ("login", "/login/login.json"),
        ("token", "/users/self/token"),
        ("status", rows[2]["path"]),
    ]


async def test_an_odd_answer_to_signing_in_again_is_in_the_file(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, download: Download
) -> None:
    entry = await setup_entry()
    simulator.faults.add(faults.payload({"password_expired": True}), Family.LOGIN)
    await submit(hass, await entry.start_reauth_flow(hass), password=OWNER_KEY, remember_password=False)
    file = await download(entry)
    assert [row["json"] for row in file["recording"]["replies"] if "password_expired" in json.dumps(row)]
    assert file["shapes_never_seen"] == 1


async def test_what_went_wrong_before_a_reload_is_still_in_the_file(
    hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator, download: Download
) -> None:
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    entry = await setup_entry()
    simulator.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    rows = (await download(entry))["recording"]["replies"]
    assert [row["status"] for row in rows if row["family"] == "status"][:2] == [503, 200]


async def test_the_file_of_a_charging_site_has_its_shape(
    setup_entry: SetupEntry, world: World, advance: Advance, download: Download, snapshot: SnapshotAssertion
) -> None:
    world.charger.plug_in(Car())
    entry = await setup_entry(remember_password=True)
    await advance(60)
    assert shape(await download(entry)) == snapshot


async def test_versions_and_options_are_in_the_file(setup_entry: SetupEntry, download: Download) -> None:
    entry = await setup_entry(options={"slow_poll_interval": 45})
    file = await download(entry)
    assert file["versions"]["home_assistant"] == home_assistant_version
    assert file["versions"]["integration"]
    assert file["entry"]["version"] == "2.1"
    assert file["options"]["slow_poll_interval"] == 45
    assert file["options"]["fast_poll_interval"] == 10


async def test_a_program_id_in_the_options_is_not_told(setup_entry: SetupEntry, download: Download) -> None:
    program = "64f1c0ffee0ddba11ca5cade"
    entry = await setup_entry(options={"vpp_program_id": program})
    file = await download(entry)
    assert re.fullmatch("[0-9a-f]{24}", file["options"]["vpp_program"])
    assert program not in json.dumps(file)


async def test_each_family_is_told_with_its_counts_latency_error_and_age(
    setup_entry: SetupEntry, simulator: Simulator, advance: Advance, download: Download
) -> None:
    entry = await setup_entry()
    simulator.faults.add(faults.status_code(503), Family.SUMMARY)
    await advance(340)
    families = {row["family"]: row for row in (await download(entry))["families"]}
    status, summary = families["status"], families["summary"]
    assert status["requests"] >= 10
    assert status["failures"] == 0
    assert status["latency"] is not None
    assert 0 <= status["age"] < 60
    assert summary["failures"] == 1
    assert summary["last_error"] == "service_unavailable"
    assert summary["age"] > 300
    assert summary["next_try"]


async def test_the_family_of_tokens_is_told_like_any_other(
    setup_entry: SetupEntry, world: World, advance: Advance, download: Download
) -> None:
    """Its name is also that of a secret."""
    entry = await setup_entry()
    world.accounts.expire_tokens()
    await advance(60)
    families = {row["family"]: row for row in (await download(entry))["families"]}
    assert families["token"]["requests"] == 1


async def test_the_health_of_a_failing_coordinator_is_told(
    setup_entry: SetupEntry, simulator: Simulator, advance: Advance, download: Download
) -> None:
    entry = await setup_entry()
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    await advance(60)
    coordinator = (await download(entry))["coordinators"]["chargers"]
    assert coordinator["last_update_success"] is False
    assert coordinator["last_error"] == "ServiceUnavailable"
    assert coordinator["age"] > 30


async def test_what_the_charger_can_do_is_told(setup_entry: SetupEntry, download: Download) -> None:
    entry = await setup_entry()
    (charger,) = (await download(entry))["chargers"]
    assert charger["capabilities"]["amps"] == {"low": 6, "high": 32, "step": 1}
    assert charger["capabilities"]["modes"] == ["GREEN_CHARGING", "MANUAL_CHARGING", "SCHEDULED_CHARGING"]
    assert "DefaultChargeLevel" in charger["capabilities"]["settings"]


async def test_headers_and_cookies_are_told_by_name_only(
    setup_entry: SetupEntry, world: World, download: Download
) -> None:
    entry = await setup_entry()
    file = await download(entry)
    names = {row["profile"]: row["names"] for row in file["headers"]}
    assert "Authorization" in names["control"]
    assert "Authorization" not in names["charger_read"]
    assert "User-Agent" in names["token"]
    assert "_enlighten_4_session" in file["account"]["cookie_names"]
    text = json.dumps(file)
    (session,) = world.accounts.sessions
    assert not [secret for secret in (session.cookie, session.csrf, session.manager_token) if secret in text]


async def test_nothing_in_the_file_tells_who_or_where_somebody_is(
    setup_entry: SetupEntry, world: World, download: Download
) -> None:
    """Trap 64."""
    world.site.title = "12 Lark Street"
    world.charger.name = "Anna's car"
    entry = await setup_entry(remember_password=True)
    text = json.dumps(await download(entry))
    personal = (
        OWNER_EMAIL,
        OWNER_KEY,
        world.account.user_id,
        world.site.site_id,
        CARPORT,
        "Lark Street",
        "Anna",
        "192.0.2.44",
        "02:00:5e",
    )
    assert not [each for each in personal if each in text]


async def test_a_name_that_looks_like_a_key_does_not_spoil_the_file(
    setup_entry: SetupEntry, world: World, download: Download
) -> None:
    world.charger.name = "status"
    entry = await setup_entry()
    (charger,) = (await download(entry))["chargers"]
    assert charger["status"]["connected"] is True
    assert charger["status"]["name"] is None


async def test_a_charger_has_the_same_stand_in_throughout_a_file(
    setup_entry: SetupEntry, world: World, download: Download
) -> None:
    world.site.add_charger(DRIVEWAY, name="Driveway")
    entry = await setup_entry()
    first, second = (await download(entry))["chargers"]
    assert first["serial"] == first["status"]["serial"] == first["summary"]["serial"]
    assert second["serial"] == second["status"]["serial"]
    assert re.fullmatch(r"\d{12}", first["serial"])
    assert len({first["serial"], second["serial"], CARPORT, DRIVEWAY}) == 4


async def test_programs_and_their_events_have_stable_pseudonyms(
    hass: HomeAssistant, setup_entry: SetupEntry, world: World, download: Download
) -> None:
    plant = world.site.vpp
    for hours in (1, 3):
        plant.schedule(starts_in=timedelta(hours=hours), duration=timedelta(hours=1))
    entry = await setup_entry(options={"vpp_program_id": plant.program_id})
    await hass.async_block_till_done(wait_background_tasks=True)
    file = await download(entry)
    assert file["options"]["vpp_program"] == file["program"]["program"]
    shown = {event[name] for event in file["program"]["events"] for name in ("event", "row")}
    true = {name for event in plant.events for name in (event.id, event.event_id)}
    assert len(shown) == 4
    assert not [each for each in (plant.program_id, *true) if each and each in json.dumps(file)]
    recorded = json.dumps(file["recording"])
    assert all(each in recorded for each in shown)


async def test_the_file_of_a_charger_is_about_that_charger_only(
    setup_entry: SetupEntry, world: World, download_of_device: DownloadOfDevice
) -> None:
    world.site.add_charger(DRIVEWAY, name="Driveway")
    entry = await setup_entry()
    file = await download_of_device(entry, DRIVEWAY)
    (charger,) = file["chargers"]
    assert re.fullmatch(r"\d{12}", charger["serial"])
    assert {"versions", "options", "families", "coordinators"} <= file.keys()
    assert DRIVEWAY not in json.dumps(file)


async def test_the_file_of_the_site_device_is_about_all_chargers(
    setup_entry: SetupEntry, world: World, download_of_device: DownloadOfDevice
) -> None:
    world.site.add_charger(DRIVEWAY, name="Driveway")
    entry = await setup_entry()
    assert len((await download_of_device(entry, "site:4410287"))["chargers"]) == 2


async def test_there_is_a_file_while_the_set_up_fails(
    setup_entry: SetupEntry, simulator: Simulator, download: Download
) -> None:
    simulator.faults.add(faults.status_code(503), Family.STATUS)
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    file = await download(entry)
    assert file["entry"]["state"] == "setup_retry"
    assert file["entry"]["reason"]
    assert "chargers" not in file
