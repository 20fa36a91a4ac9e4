"""Asking for prices: which periods are told, for which days, and of which sites."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import Family, Simulator, World, faults
from simulator.ready_tariffs import TARIFFS

from .conftest import SetupEntry

pytestmark = pytest.mark.freeze_time("2026-11-10 09:00:00+00:00")


async def reply_of(hass: HomeAssistant, **data: Any) -> list[Any]:
    """Ask for prices, and return what the reply says of each site."""
    await hass.async_block_till_done(wait_background_tasks=True)
    response: Any = await hass.services.async_call(DOMAIN, "get_prices", data, blocking=True, return_response=True)
    listed: list[Any] = response["sites"]
    return listed


async def prices_of(hass: HomeAssistant, **data: Any) -> Any:
    """Ask for the prices of the one site."""
    (site,) = await reply_of(hass, **data)
    return site


def hours_of(intervals: list[Any]) -> list[tuple[str, str]]:
    """Return when intervals begin and end on the clock at the site."""
    return [(interval["start"][11:16], interval["end"][11:16]) for interval in intervals]


class TestPrices:
    """Whole price periods, in order."""

    async def test_a_flat_price_is_told_for_today(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        await setup_entry()
        site = await prices_of(hass)
        assert {key: site[key] for key in ("name", "start", "end", "currency", "unit")} == {
            "name": "Lark Street",
            "start": "2026-11-10",
            "end": "2026-11-10",
            "currency": "EUR",
            "unit": "EUR/kWh",
        }
        (interval,) = site["import"]
        assert (interval["start"], interval["end"]) == ("2026-11-10T00:00:00+01:00", "2026-11-11T00:00:00+01:00")
        assert interval["price"] == world.site.tariff.import_rate(world.site.local(world.clock()))
        assert len(site["export"]) == 1

    async def test_periods_of_a_day_follow_each_other_and_bear_their_kind(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.site.tariff = TARIFFS["time-of-use"]
        await setup_entry()
        site = await prices_of(hass, start="2026-11-11")
        starts, ends = zip(*hours_of(site["import"]), strict=True)
        assert starts[1:] == ends[:-1]
        assert len(starts) > 2
        assert {interval["period"] for interval in site["import"]} >= {"off-peak", "peak"}
        assert site["currency"] == "USD"

    async def test_the_past_and_the_future_can_be_asked_for(self, hass: HomeAssistant, setup_entry: SetupEntry) -> None:
        await setup_entry()
        site = await prices_of(hass, start="2026-10-24", end="2026-10-26")
        assert [interval["start"] for interval in site["import"]] == [
            "2026-10-24T00:00:00+02:00",
            "2026-10-25T00:00:00+02:00",
            "2026-10-26T00:00:00+01:00",
        ]

    async def test_a_price_that_depends_on_consumption_says_so(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.site.tariff = TARIFFS["tiered"]
        await setup_entry()
        site = await prices_of(hass)
        assert all(interval["base_rate"] for interval in site["import"])

    async def test_dated_rates_are_told_as_far_as_they_are_known(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        """Trap 19: a kept reply counts for its own date."""
        world.site.tariff = TARIFFS["nem3"]
        await setup_entry()
        site = await prices_of(hass, start="2026-11-09", end="2026-11-20")
        assert {interval["start"][:10] for interval in site["export"]} == {"2026-11-10", "2026-11-11"}
        assert {interval["start"][:10] for interval in site["import"]} >= {"2026-11-09", "2026-11-20"}

    async def test_an_unconfigured_tariff_has_no_prices(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        world.site.tariff = TARIFFS["none"]
        await setup_entry()
        site = await prices_of(hass)
        assert (site["import"], site["export"]) == ([], [])

    async def test_asking_for_prices_takes_no_request(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        simulator.requests.clear()
        site = await prices_of(hass, start="2025-10-08", end="2026-11-11")
        assert len(site["import"]) == 400
        assert len(simulator.requests) == 0


class TestTargets:
    """Sites are found by their devices."""

    @pytest.fixture
    def world(self, freezer: object) -> World:
        return World.with_two_sites()

    @pytest.mark.parametrize("identifier", ["site:4410288", "monetary:4410288", "202640011901"])
    async def test_a_device_stands_for_its_site(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World, identifier: str
    ) -> None:
        await setup_entry()
        entry = await setup_entry(site=world.sites["4410288"])
        await hass.async_block_till_done(wait_background_tasks=True)
        device = dr.async_get_device_id_by_identifier(hass, (DOMAIN, identifier), config_entry_id=entry.entry_id)
        assert [site["name"] for site in await reply_of(hass, device_id=device)] == ["Hill Cabin"]

    async def test_without_a_target_all_sites_are_meant(
        self, hass: HomeAssistant, setup_entry: SetupEntry, world: World
    ) -> None:
        await setup_entry()
        await setup_entry(site=world.sites["4410288"])
        assert {site["name"] for site in await reply_of(hass)} == {"Lark Street", "Hill Cabin"}


class TestMistakes:
    """What cannot be told is said in words."""

    @pytest.mark.parametrize(
        ("days", "key"),
        [
            ({"start": "2026-11-12", "end": "2026-11-11"}, "end_before_start"),
            ({"end": "2026-11-09"}, "end_before_start"),
            ({"start": "2025-10-07", "end": "2026-11-11"}, "range_too_long"),
        ],
    )
    async def test_an_impossible_range_is_the_callers_mistake(
        self, hass: HomeAssistant, setup_entry: SetupEntry, days: dict[str, str], key: str
    ) -> None:
        await setup_entry()
        with pytest.raises(ServiceValidationError) as raised:
            await reply_of(hass, **days)
        assert raised.value.translation_key == key

    async def test_prices_that_are_turned_off_cannot_be_asked_for(
        self, hass: HomeAssistant, setup_entry: SetupEntry
    ) -> None:
        await setup_entry(options={"enable_monetary": False})
        with pytest.raises(ServiceValidationError, match="Lark Street"):
            await reply_of(hass)

    async def test_a_tariff_that_was_never_read_is_a_failure(
        self, hass: HomeAssistant, setup_entry: SetupEntry, simulator: Simulator
    ) -> None:
        simulator.faults.add(faults.status_code(503), Family.TARIFF)
        await setup_entry()
        with pytest.raises(HomeAssistantError) as raised:
            await reply_of(hass)
        assert raised.value.translation_key == "prices_unknown"
