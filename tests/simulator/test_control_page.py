"""The HTTP control interface."""

from datetime import timedelta

import aiohttp
import pytest

from simulator import ChargeMode, ManualClock, ScaledClock, Simulator, World
from simulator.scenarios import SCENARIOS
from simulator.wire import Json

from .browser import STATUS, Act, Browser, pick


async def state(http: aiohttp.ClientSession, simulator: Simulator) -> Json:
    async with http.get(simulator.control_url + "state") as response:
        body: Json = await response.json()
        return body


async def test_the_page_needs_nothing_from_elsewhere(http: aiohttp.ClientSession, simulator: Simulator) -> None:
    answer = await http.get(simulator.control_url.rstrip("/"))

    page = await answer.text()
    assert answer.status == 200
    assert "<title>Simulated cloud</title>" in page
    assert "http://" not in page
    assert "https://" not in page
    assert [name for name in ("drop", "cut", "slow") if f'value="{name}"' not in page] == []


async def test_a_car_is_plugged_in_charged_and_unplugged(act: Act, world: World, clock: ManualClock) -> None:
    status, after = await act("plug", state_of_charge=0.5, max_amps=10, phases=1)
    assert status == 200
    assert pick(after, "sites", 0, "chargers", 0, "connectors", 0, "car", "state_of_charge") == 0.5

    await act("start", level=8)
    clock.tick(10)
    assert world.charger.watts == 8 * 230
    await act("stop")
    clock.tick(10)
    assert world.charger.watts == 0
    _, after = await act("unplug")
    assert pick(after, "sites", 0, "chargers", 0, "connectors", 0, "car") is None


async def test_chargers_break_vanish_and_recover(act: Act, world: World) -> None:
    broken = (await act("break"))[1]
    gone = (await act("offline", serial="202640011873"))[1]
    assert pick(broken, "sites", 0, "chargers", 0, "faulted") is True
    assert pick(gone, "sites", 0, "chargers", 0, "connected") is False

    await act("repair")
    await act("online")

    assert (world.charger.faulted, world.charger.cloud.connected) == (False, True)


async def test_chargers_come_and_go_at_the_site_they_hang_at(act: Act, world: World) -> None:
    cabin = world.add_site("4410288", "Hill Cabin")
    cabin.add_charger("202640011901")
    await act("add-charger", serial="202640011900")
    assert [charger.serial for charger in world.site.chargers] == ["202640011873", "202640011900"]

    for serial in ("202640011901", "202640011900", "202640011873"):
        assert (await act("remove-charger", serial=serial))[0] == 200

    assert world.site.chargers == cabin.chargers == []
    assert (await act("plug"))[0] == 400


async def test_the_page_is_told_what_the_cloud_has_heard(act: Act, clock: ManualClock) -> None:
    await act("plug")
    await act("start", level=10)
    clock.tick(120)
    await act("offline")
    clock.tick(600)
    _, after = await act("unplug")

    charger = pick(after, "sites", 0, "chargers", 0)
    assert pick(charger, "connectors", 0, "type") == "AVAILABLE"
    reported = pick(charger, "reported")
    assert [pick(reported, name) for name in ("type", "level", "mode")] == ["CHARGING", 10, 0]
    assert pick(reported, "at") == "2026-11-10T07:00:34+00:00"
    assert pick(charger, "modes") == ["GREEN_CHARGING", "SCHEDULED_CHARGING", "MANUAL_CHARGING"]
    truth, heard = pick(charger, "lifetime_kwh"), pick(reported, "lifetime_kwh")
    assert isinstance(truth, float)
    assert isinstance(heard, float)
    assert heard < truth


async def test_a_second_car_leaves_the_session_alone(act: Act, world: World, clock: ManualClock) -> None:
    await act("plug")
    await act("start")
    clock.tick(600)

    status, answer = await act("plug")

    assert status == 400
    assert "plugged in already" in str(pick(answer, "error"))
    session = world.charger.connector(1).session
    assert session is not None
    assert session.energy_wh > 0


async def test_the_weather_and_the_mode_are_set(act: Act, world: World, clock: ManualClock) -> None:
    await act("solar", watts=8000)
    await act("mode", mode="GREEN_CHARGING")
    await act("limit", load_limit_amps=7)
    await act("plug")
    clock.tick(60)

    assert world.charger.modes.active is ChargeMode.GREEN
    assert world.charger.watts == 7 * 230 * 3
    await act("solar")
    assert world.site.solar_watts is None


async def test_the_current_code_can_be_looked_up(
    act: Act, http: aiohttp.ClientSession, visitor: Browser, simulator: Simulator
) -> None:
    await act("one-time-codes", enabled=True)
    await visitor.password_login()

    account = pick(await state(http, simulator), "accounts", 0)

    assert str(pick(account, "code")).isdecimal()
    assert pick(account, "codes_sent") == 1


async def test_accounts_are_blocked_capped_and_signed_out(act: Act, browser: Browser, world: World) -> None:
    await act("block")
    await act("cap", sessions=1)
    await act("renewal", by_cookie=False)
    assert (world.account.blocked, world.account.session_cap, world.account.renews_by_cookie) == (True, 1, False)

    await act("expire", what="tokens")
    assert (await browser.get(STATUS)).status == 401
    await act("expire", what="sessions")
    browser.tokens = {}
    assert (await browser.get(STATUS)).status == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"trouble": "status", "status": 429, "retry_after": 60}, 429),
        ({"trouble": "status", "status": 429, "retry_after_date": "Tue, 10 Nov 2026 07:10:00 GMT"}, 429),
        ({"trouble": "coded"}, 503),
        ({"trouble": "login_wall", "as_json": True}, 200),
        ({"trouble": "maintenance", "status": 503}, 503),
        ({"trouble": "text", "status": 502}, 502),
        ({"trouble": "empty"}, 204),
        ({"trouble": "payload", "payload": {"data": 1}}, 200),
        ({"trouble": "field", "path": "data.site", "value": 5}, 200),
        ({"trouble": "field_missing", "path": "data.site"}, 200),
        ({"trouble": "truncated"}, 200),
        ({"trouble": "null_data"}, 200),
        ({"trouble": "empty_list"}, 200),
        ({"trouble": "quoted"}, 200),
        ({"trouble": "slow", "seconds": 0.001}, 200),
    ],
)
async def test_every_trouble_can_be_made_and_cleared(
    act: Act, browser: Browser, fields: dict[str, Json], status: int
) -> None:
    proper = (await browser.get(STATUS)).text
    answered, after = await act("fault", families=["status"], times=1, method="GET", path_part="status", **fields)
    assert answered == 200
    assert pick(after, "faults", 0, "remaining") == 1

    broken = await browser.get(STATUS)

    assert broken.status == status
    assert broken.text != proper or fields["trouble"] == "slow"
    assert (await browser.get(STATUS)).text == proper
    await act("fault", families=["status"], **fields)
    _, cleared = await act("clear")
    assert pick(cleared, "faults") == []


@pytest.mark.parametrize("trouble", ["drop", "cut"])
async def test_connections_are_dropped(act: Act, browser: Browser, trouble: str) -> None:
    await act("fault", trouble=trouble, families=["status"])

    with pytest.raises(aiohttp.ClientError):
        await browser.get(STATUS)


async def test_a_rate_limit_comes_and_goes(act: Act, browser: Browser) -> None:
    await act("rate-limit", requests=0, seconds=60, retry_after=90)
    limited = await browser.get(STATUS)
    assert (limited.status, limited.headers["retry-after"]) == (429, "90")

    await act("rate-limit")

    assert (await browser.get(STATUS)).status == 200


async def test_shapes_are_switched(act: Act, browser: Browser) -> None:
    await act("shape", status="flat", dead_session="login_wall")
    assert (await browser.get(STATUS)).at("evChargerData", 0, "connected") is True

    await act("expire")

    assert "/login/login" in (await browser.get(STATUS)).text


async def test_the_newest_requests_are_listed_first_and_forgotten(
    act: Act, browser: Browser, http: aiohttp.ClientSession, simulator: Simulator
) -> None:
    await browser.get(STATUS)
    async with http.get(simulator.control_url + "requests?limit=1") as response:
        rows: Json = await response.json()
    assert pick(rows, 0, "family") == "status"
    assert pick(rows, 0, "status") == 200

    _, after = await act("forget-requests")

    assert pick(after, "requests", "total") == 0


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("plug", {"serial": "1"}),
        ("plug", {"connector": 9}),
        ("plug", {"battery_kwh": "much"}),
        ("plug", {"battery_kwh": 0}),
        ("plug", {"battery_kwh": 10**400}),
        ("plug", {"state_of_charge": 1.1}),
        ("plug", {"phases": 4}),
        ("start", {"level": 10**400}),
        ("start", {"level": 5}),
        ("solar", {"watts": float("nan")}),
        ("add-charger", {"serial": "202640011873"}),
        ("add-charger", {"serial": "../1"}),
        ("add-charger", {"serial": "1", "name": "\ud800"}),
        ("cap", {"sessions": -1}),
        ("rate-limit", {"requests": 5, "seconds": float("inf")}),
        ("fault", {"status": 99}),
        ("fault", {"status": 600}),
        ("fault", {"times": 0}),
        ("fault", {"retry_after_date": "soon\r\nX: 1"}),
        ("fault", {"trouble": "slow", "seconds": -1}),
        ("fault", {"trouble": "payload", "payload": "\ud800"}),
        ("solar", {"site": "1"}),
        ("block", {"email": "nobody@example.com"}),
        ("block", {"blocked": "yes"}),
        ("cap", {}),
        ("expire", {"what": "everything"}),
        ("fault", {"trouble": "boredom"}),
        ("fault", {"families": ["unheard"]}),
        ("fault", {"families": "status"}),
        ("shape", {"status": "round"}),
        ("mode", {"mode": "SOLAR"}),
        ("speed", {"speed": 2}),
    ],
)
async def test_a_senseless_wish_is_answered_with_the_reason(act: Act, action: str, fields: dict[str, Json]) -> None:
    status, answer = await act(action, **fields)

    assert status == 400
    assert isinstance(pick(answer, "error"), str)


@pytest.mark.parametrize("body", ["[1]", "{"])
async def test_a_body_that_is_no_object_is_refused(
    http: aiohttp.ClientSession, simulator: Simulator, body: str
) -> None:
    async with http.post(simulator.control_url + "plug", data=body) as response:
        assert response.status == 400


async def test_an_unknown_action_names_the_known_ones(act: Act) -> None:
    status, answer = await act("dance")

    assert status == 404
    assert isinstance(pick(answer, "actions", 0), str)


class TestScaledTime:
    @pytest.fixture
    def world(self) -> World:
        return World.with_one_charger(ScaledClock())

    @pytest.mark.parametrize(
        ("action", "field", "value"),
        [
            ("speed", "speed", float("nan")),
            ("speed", "speed", float("inf")),
            ("speed", "speed", 0),
            ("jump", "seconds", 1e300),
            ("jump", "seconds", -1),
        ],
    )
    async def test_time_has_its_bounds(self, act: Act, action: str, field: str, value: float) -> None:
        assert (await act(action, **{field: value}))[0] == 400
        assert (await act("jump", seconds=0))[0] == 200

    async def test_time_is_sped_up_and_skipped(self, act: Act, world: World) -> None:
        before = world.clock()
        await act("speed", speed=5)
        assert (await act("speed", speed=-5))[0] == 400

        _, after = await act("jump", seconds=3600)

        assert pick(after, "speed") == 5
        assert world.clock() - before >= timedelta(hours=1)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_is_a_world_with_the_usual_owner(name: str, clock: ManualClock) -> None:
    world = SCENARIOS[name](clock)

    assert world.account.email == "owner@example.com"
    assert world.sites_of(world.account) == list(world.sites.values())
