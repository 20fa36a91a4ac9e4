"""Nothing that the cloud or its owner keeps secret, and no number or address of theirs, gets out."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
import importlib
import json
import logging
import pkgutil
import traceback
from typing import Any, Final

from homeassistant.components.diagnostics import DOMAIN as DIAGNOSTICS_DOMAIN
from homeassistant.components.system_log import DOMAIN as SYSTEM_LOG_DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components import enphase_cloud_things
from custom_components.enphase_cloud_things.const import DOMAIN
from custom_components.enphase_cloud_things.runtime import EnphaseConfigEntry
from simulator import OWNER_EMAIL, Car, Family, Simulator, World, faults

from .confidential import ADDRESS_OF_CHARGER, CODE, Confidential
from .flows import sign_in, submit
from .passing_time import Advance
from .repairs import Repairs, issue_texts, pages, repairs, shown_issues

__all__ = ["pages", "repairs"]

CARPORT, DRIVEWAY = "202640011873", "202640011901"
SITE = "4410287"
GOSSIP = f"{OWNER_EMAIL} of site {SITE} has {CARPORT} at 192.0.2.44 (02:00:5e:10:00:01)"

IDENTIFYING: Final = frozenset(
    {
        "access_token",
        "csrf_token",
        "details",
        "email",
        "event_id",
        "headers",
        "ip_address",
        "manager_token",
        "password",
        "program_id",
        "row_id",
        "serial",
        "serials",
        "session_id",
        "site_id",
        "tariff_csrf_token",
        "token",
        "user_id",
        "vpp_program_id",
    }
)
"""Names of fields that a dataclass does not show when it is printed."""

ALLOWED: Final = frozenset({("vpp_events", "program_id")})
"""Attributes that show an id on purpose, by the key of their entity."""

type Look = Callable[[], Awaitable[dict[str, set[str]]]]


@dataclass(slots=True)
class Household:
    """A Home Assistant, what can be seen of it, and what went wrong in it."""

    hass: HomeAssistant
    browser: ClientSessionGenerator
    websocket: WebSocketGenerator
    caplog: pytest.LogCaptureFixture
    failures: list[BaseException]

    async def call(self, service: str, identifier: str, **data: Any) -> None:
        """Use an action on a device, and keep what it raises."""
        devices = [device for entry in self.entries() for device in self.devices(entry)]
        device = next(device for device in devices if (DOMAIN, identifier) in device.identifiers)
        try:
            await self.hass.services.async_call(DOMAIN, service, {ATTR_DEVICE_ID: device.id, **data}, blocking=True)
        except HomeAssistantError as error:
            self.failures.append(error)

    def entries(self) -> list[EnphaseConfigEntry]:
        """Return the sites."""
        return self.hass.config_entries.async_entries(DOMAIN)

    def devices(self, entry: EnphaseConfigEntry) -> list[dr.DeviceEntry]:
        """Return the devices of a site."""
        return dr.async_entries_for_config_entry(dr.async_get(self.hass), entry.entry_id)

    async def outside(self) -> dict[str, str]:
        """Return all texts that leave the integration, by where they can be read."""
        return {
            "the log": self._log(),
            "the system log": await self._system_log(),
            "the states": self._states(),
            "the repairs": " ".join(f"{issue.issue_id} {issue_texts(issue)}" for issue in shown_issues(self.hass)),
            "the exceptions": self._exceptions(),
            "the printed data": "\n".join(self._printed()),
        } | {f"the diagnostics of {name}": text async for name, text in self._diagnostics()}

    def _log(self) -> str:
        return self._written(
            [r for r in self.caplog.records if r.name.startswith(("custom_components", "homeassistant"))]
        )

    def own_log(self) -> str:
        """Return what the integration has written, without Home Assistant's own words about its entries."""
        own = [record for record in self.caplog.records if record.name.startswith("custom_components")]
        return self._written([record for record in own if record.filename != "config_entries.py"])

    def _written(self, records: list[logging.LogRecord]) -> str:
        return "\n".join(self.caplog.handler.format(record) for record in records)

    async def _system_log(self) -> str:
        client = await self.websocket(self.hass)
        await client.send_json_auto_id({"type": "system_log/list"})
        answer = await client.receive_json()
        return json.dumps([entry for entry in answer["result"] if not entry["name"].startswith(("aiohttp", "asyncio"))])

    def _states(self) -> str:
        registry = er.async_get(self.hass)
        shown = []
        for state in self.hass.states.async_all():
            entity = registry.async_get(state.entity_id)
            key = entity.translation_key if entity else None
            value = "" if key == "ip_address" and state.state == ADDRESS_OF_CHARGER else state.state
            attributes = {name: each for name, each in state.attributes.items() if (key, name) not in ALLOWED}
            shown.append(f"{state.entity_id} {value} {json_dumps(attributes)}")
        return "\n".join(shown)

    def _exceptions(self) -> str:
        failures = list(self.failures)
        texts = []
        for entry in self.entries():
            texts.append(str(entry.reason))
            if entry.state is ConfigEntryState.LOADED and (error := entry.runtime_data.chargers.last_exception):
                failures.append(error)
        for failure in failures:
            texts += [str(failure), repr(failure), *traceback.format_exception(failure)]
        return "\n".join(texts)

    def _printed(self) -> Iterator[str]:
        for entry in self.entries():
            if entry.state is ConfigEntryState.LOADED:
                runtime = entry.runtime_data
                session = runtime.account.session
                for value in (runtime, runtime.chargers.data, session.credentials, session.identity()):
                    yield from printed(value)
                yield from map(repr, runtime.account.transport.health.items())

    async def _diagnostics(self) -> Any:
        client = await self.browser()
        for entry in self.entries():
            place = f"/api/diagnostics/config_entry/{entry.entry_id}"
            yield "the entry", await (await client.get(place)).text()
            for device in self.devices(entry):
                yield "a device", await (await client.get(f"{place}/device/{device.id}")).text()


def printed(value: object) -> Iterator[str]:
    """Return what is shown when a value is printed, and everything in it on its own."""
    if is_dataclass(value):
        yield repr(value)
        for field in fields(value):
            yield from printed(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from printed(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from printed(inner)


@pytest.fixture
def world(freezer: object) -> World:
    """A site with two chargers, one of them without a name."""
    world = World.with_one_charger()
    world.site.add_charger(DRIVEWAY, name=None)
    world.charger.plug_in(Car())
    world.site.vpp.schedule()
    return world


@pytest.fixture
def confidential(world: World) -> Confidential:
    """What must not get out."""
    return Confidential(world)


@pytest.fixture
async def household(
    hass: HomeAssistant,
    confidential: Confidential,
    entity_registry_enabled_by_default: None,
    pages: None,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> Household:
    """A Home Assistant that logs all it can."""
    for component in (SYSTEM_LOG_DOMAIN, DIAGNOSTICS_DOMAIN):
        assert await async_setup_component(hass, component, {})
    caplog.set_level(logging.DEBUG, logger=f"custom_components.{DOMAIN}")
    return Household(hass, hass_client, hass_ws_client, caplog, [])


@pytest.fixture
def leaks(household: Household, confidential: Confidential) -> Look:
    """Return a function that tells what got out, by where it can be read."""

    async def look() -> dict[str, set[str]]:
        await household.hass.async_block_till_done(wait_background_tasks=True)
        outside = await household.outside()
        assert all(outside[place] for place in ("the log", "the states", "the diagnostics of the entry"))
        found = {place: confidential.found_in(text) for place, text in outside.items()}
        found["the integration's own log"] = confidential.names_in(household.own_log())
        return {place: secrets for place, secrets in found.items() if secrets}

    return look


async def set_up(hass: HomeAssistant, *, remember: bool = True) -> EnphaseConfigEntry:
    """Add the integration as a person does."""
    form = await sign_in(hass, remember_password=remember)
    result = await submit(hass, form, serials=[CARPORT, DRIVEWAY])
    await hass.async_block_till_done()
    entry: EnphaseConfigEntry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry


async def use(household: Household) -> None:
    """Use all that can be used."""
    await household.call("start_charging", CARPORT, charging_level=10)
    await household.call("trigger_message", CARPORT, requested_message="MeterValues")
    await household.call("start_live_stream", f"site:{SITE}")
    await household.call("stop_charging", CARPORT)
    await household.call("stop_live_stream", f"site:{SITE}")
    await household.call("start_charging", DRIVEWAY)


async def test_an_ordinary_day(household: Household, advance: Advance, leaks: Look) -> None:
    """Trap 64."""
    await set_up(household.hass)
    await use(household)
    await advance(120)
    assert await leaks() == {}


TROUBLES: Final[tuple[faults.Trouble, ...]] = (
    *(faults.status_code(status) for status in (302, 400, 401, 403, 404, 405, 406, 409, 422, 500, 503, 550)),
    faults.status_code(429, retry_after=30),
    faults.coded_error(400, f"err-{CARPORT}", GOSSIP),
    faults.coded_error(503, "iqevc_ms-10007", GOSSIP),
    faults.coded_error(409, OWNER_EMAIL, GOSSIP),
    faults.login_wall(),
    faults.login_wall(as_json=True),
    faults.maintenance(),
    faults.truncated(),
    faults.text_body(GOSSIP),
    faults.text_body(GOSSIP, 500),
    faults.payload(GOSSIP),
    faults.payload([GOSSIP, {GOSSIP: GOSSIP}]),
    faults.payload({"data": {CARPORT: GOSSIP, DRIVEWAY: {"connected": GOSSIP, "lst_rpt_at": GOSSIP}}}),
    faults.payload({"data": {"chargers": [{"sn": CARPORT, "connected": GOSSIP, "mode": GOSSIP, "session_d": GOSSIP}]}}),
    faults.payload({"data": [{"serialNumber": CARPORT, "networkConfig": GOSSIP, "chargeLevelDetails": GOSSIP}]}),
    faults.field_value("data.chargers.*.connectors.*.connectorStatusType", GOSSIP),
    faults.field_value("data.chargers.*.mode", [GOSSIP]),
    faults.field_value("data.modes.*.chargingMode", GOSSIP),
    faults.field_value("data.*", GOSSIP),
    faults.null_data(),
    faults.empty_list(),
    faults.empty_body(),
    faults.quoted(),
    faults.labelled("text/plain"),
    faults.dropped(),
)


@pytest.mark.parametrize(
    "trouble", TROUBLES, ids=[f"{number} {trouble.name}" for number, trouble in enumerate(TROUBLES)]
)
async def test_a_day_on_which_everything_goes_wrong(
    household: Household, simulator: Simulator, advance: Advance, leaks: Look, trouble: faults.Trouble
) -> None:
    """Trap 64: odd answers, and errors whose texts are full of numbers and addresses."""
    entry = await set_up(household.hass)
    simulator.faults.add(trouble)
    await use(household)
    await advance(70)
    assert await leaks() == {}

    household.caplog.clear()
    await household.hass.config_entries.async_reload(entry.entry_id)
    await advance(20)
    assert await leaks() == {}


ODD_FIELDS: Final[Mapping[Family, tuple[str, ...]]] = {
    Family.STATUS: (
        *(f"data.chargers.*.{name}" for name in ("connected", "pluggedIn", "charging", "mode", "lst_rpt_at", "sch_d")),
        *(f"data.chargers.*.{name}" for name in ("session_d", "chargingLevel", "offlineAt", "faulted", "commissioned")),
        *(f"data.chargers.*.connectors.*.{name}" for name in ("connectorStatusReason", "connectorStatusInfo")),
        "data.chargers.*.session_d.strt_chrg",
        "meta.serverTimeStamp",
    ),
    Family.SUMMARY: (
        *(f"data.*.{name}" for name in ("chargeLevelDetails", "maxCurrent", "ratedCurrent", "operatingVoltage")),
        *(f"data.*.{name}" for name in ("lifeTimeConsumption", "reportingInterval", "lastReportedAt", "phaseCount")),
        *(f"data.*.{name}" for name in ("isConnected", "hoControl", "dlbEnabled", "networkConfig", "isRetired")),
    ),
    Family.MODE: ("data.modes.*", "data.config", "data.modes.*.enabled"),
    Family.GREEN: ("data.*.enabled", "data.*"),
    Family.CONFIGURATION: ("data.*.status", "data.*"),
    Family.VPP_EVENTS: ("data.*.start_time", "data"),
    Family.TARIFF: ("purchase.seasons", "buyback.seasons.*.days"),
    Family.SAVINGS: ("data.*", "data"),
    Family.HISTORY: ("data.result.*.startTime", "data.result"),
}


@pytest.mark.parametrize("family", ODD_FIELDS, ids=str)
async def test_a_day_on_which_one_service_gossips(
    household: Household, simulator: Simulator, advance: Advance, leaks: Look, family: Family
) -> None:
    """Trap 64: texts in the places of numbers, times and lists."""
    entry = await set_up(household.hass)
    for path in ODD_FIELDS[family]:
        simulator.faults.clear(family)
        simulator.faults.add(faults.field_value(path, GOSSIP), family)
        await household.hass.config_entries.async_reload(entry.entry_id)
        await advance(10)
        assert await leaks() == {}, path


async def test_a_day_with_one_time_codes(
    household: Household, world: World, simulator: Simulator, advance: Advance, leaks: Look
) -> None:
    """Trap 64: signing in with a code, being signed out, and signing in with a code again."""
    hass = household.hass
    world.account.one_time_codes = True
    form = await sign_in(hass, remember_password=True)
    await submit(hass, form, code="000000")
    await submit(hass, form, resend=True)
    await submit(hass, form, resend=True)
    world.accounts.challenges[-1].code = CODE
    form = await submit(hass, form, code=CODE)
    await submit(hass, form, serials=[CARPORT, DRIVEWAY])
    await hass.async_block_till_done()
    await use(household)

    world.accounts.expire_sessions()
    await advance(60)
    (entry,) = household.entries()
    (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
    form = await submit(hass, flow, password=world.account.password, remember_password=False)
    world.accounts.challenges[-1].code = CODE
    await submit(hass, form, code=CODE)
    await hass.async_block_till_done()
    await advance(40)
    assert entry.state is ConfigEntryState.LOADED
    assert await leaks() == {}


async def test_a_day_of_losing_and_renewing_the_session(
    household: Household, world: World, simulator: Simulator, advance: Advance, leaks: Look
) -> None:
    """Trap 64: tokens and sessions end, a sign-in is refused, the account is full and then blocked."""
    await set_up(household.hass)
    world.accounts.expire_tokens()
    await advance(40)
    world.accounts.expire_sessions()
    await advance(40)
    assert simulator.requests.logins == 2

    world.accounts.expire_sessions()
    world.account.session_cap = 0
    await advance(40)
    assert shown_issues(household.hass, "too_many_sessions")
    assert await leaks() == {}


@pytest.mark.parametrize("trouble", ["password", "blocked"])
async def test_a_day_of_being_locked_out(
    household: Household, world: World, advance: Advance, leaks: Look, trouble: str
) -> None:
    """Trap 64."""
    await set_up(household.hass)
    world.accounts.expire_sessions()
    if trouble == "password":
        world.account.password = "changed by now"
    else:
        world.account.blocked = True
    await advance(400)
    await use(household)
    assert await leaks() == {}


async def test_a_day_of_new_chargers(
    household: Household, world: World, advance: Advance, leaks: Look, repairs: Repairs
) -> None:
    """Trap 64: a repair is for a person, who knows the charger by its name and not by its serial."""
    await set_up(household.hass)
    world.site.add_charger("202640011955", name=None)
    await advance(340)
    assert shown_issues(household.hass, "new_charger")
    assert await leaks() == {}
    await repairs.fix(shown_issues(household.hass)[0])
    world.site.remove_charger(DRIVEWAY)
    await advance(200)
    assert DRIVEWAY not in "".join(issue.issue_id for issue in shown_issues(household.hass))
    assert await leaks() == {}


def dataclasses_of_the_integration() -> list[type]:
    """Return all dataclasses that the integration defines."""
    found: dict[str, type] = {}
    for module_info in pkgutil.walk_packages(enphase_cloud_things.__path__, f"{enphase_cloud_things.__name__}."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__:
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize(
    "kind", dataclasses_of_the_integration(), ids=lambda kind: f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
)
def test_a_dataclass_does_not_print_what_identifies_somebody(kind: type) -> None:
    """Trap 64: whatever is printed ends up in a log one day."""
    assert is_dataclass(kind)
    shown = {field.name for field in fields(kind) if field.repr}
    assert not shown & IDENTIFYING
