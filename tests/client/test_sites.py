"""The sites of an account."""

import pytest

from custom_components.enphase_cloud_things.enlighten import (
    EnlightenClient,
    EnlightenError,
    InvalidResponse,
    NotSupported,
    RouteGone,
    ServiceUnavailable,
    Site,
    TooManySessions,
)
from custom_components.enphase_cloud_things.enlighten.models.site import read_sites
from custom_components.enphase_cloud_things.enlighten.wire import JsonValue, Oddities
from simulator import Family, ManualClock, Simulator, World, faults
from simulator.faults import Trouble


def read(value: JsonValue) -> tuple[Site, ...]:
    return read_sites(value, Oddities())


@pytest.mark.parametrize("wrapping", ["sites", "data", "items", "systems", None])
@pytest.mark.parametrize("id_name", ["site_id", "siteId", "id", "system_id"])
def test_sites_come_in_several_wrappings(wrapping: str | None, id_name: str) -> None:
    rows: list[JsonValue] = [{id_name: 4410287, "title": "Lark Street"}]

    assert read({wrapping: rows} if wrapping else rows) == (Site(site_id="4410287", name="Lark Street"),)


@pytest.mark.parametrize("name", ["name", "site_name", "siteName", "title", "displayName", "display_name"])
def test_a_name_has_six_names(name: str) -> None:
    assert read([{"id": "7", name: "Lark Street"}]) == (Site(site_id="7", name="Lark Street"),)


def test_doubles_are_one_with_the_first_name_that_is_one() -> None:
    rows: JsonValue = [
        {"id": 7},
        {"id": "8", "name": "Eight"},
        {"id": "7", "name": "Seven"},
        {"id": 7, "name": "Other"},
    ]

    assert read(rows) == (Site(site_id="7", name="Seven"), Site(site_id="8", name="Eight"))


@pytest.mark.parametrize("site_id", [None, "", "Lark Street", "4410287x", "٣", True, [], -1, 4.5], ids=repr)
def test_an_id_that_is_no_number_costs_its_row(site_id: JsonValue) -> None:
    """Trap 65: a name in the place of an id breaks every later request."""
    assert read([{"id": site_id, "name": "Odd"}, {"id": 7}]) == (Site(site_id="7"),)


@pytest.mark.parametrize("reply", [None, {}, [], {"sites": None}, {"sites": "many"}], ids=repr)
def test_no_sites_are_an_answer(reply: JsonValue) -> None:
    assert read(reply) == ()


async def test_the_site_list_is_asked_for_as_the_web_page_does(client: EnlightenClient, simulator: Simulator) -> None:
    """Trap 59: a parameter that is left out looks like an outage."""
    await client.sites()

    request = simulator.requests.last(Family.SITES)
    assert request.query == {"searchText": "", "favourite": "false"}
    assert request.headers["accept"] == "*/*"
    assert request.headers["referer"] == f"{simulator.enlighten_url}/"
    token = client.session.credentials.access_token
    assert request.headers["authorization"] == f"Bearer {token}"
    assert request.headers["e-auth-token"] == token


class TestTwoSites:
    """An account with two sites."""

    @pytest.fixture
    def world(self, clock: ManualClock) -> World:
        return World.with_two_sites(clock)

    async def test_every_site_of_an_account_is_listed(self, client: EnlightenClient) -> None:
        assert len(await client.sites()) == 2


ANSWERS: dict[str, tuple[Trouble, type[EnlightenError]]] = {
    "404": (faults.status_code(404), NotSupported),
    "404 without a route": (faults.text_body("No static resource", 404), RouteGone),
    "405": (faults.status_code(405), RouteGone),
    "400": (faults.status_code(400), ServiceUnavailable),
    "406": (faults.status_code(406), ServiceUnavailable),
    "500": (faults.status_code(500), ServiceUnavailable),
    "550": (faults.status_code(550), ServiceUnavailable),
    "a missing service": (faults.payload({"error": {"status": "INVALID_SITE"}}, 550), NotSupported),
    "a page": (faults.maintenance(), ServiceUnavailable),
    "plain text": (faults.text_body("Hello"), InvalidResponse),
    "half an answer": (faults.truncated(), InvalidResponse),
    "a number": (faults.payload(5), InvalidResponse),
    "the session cap": (faults.payload({"message": "too many active sessions"}), TooManySessions),
}


@pytest.mark.parametrize(("trouble", "error"), ANSWERS.values(), ids=ANSWERS)
async def test_every_answer_has_its_meaning(
    client: EnlightenClient, simulator: Simulator, trouble: Trouble, error: type[EnlightenError]
) -> None:
    simulator.faults.add(trouble, Family.SITES)

    with pytest.raises(EnlightenError) as caught:
        await client.sites()

    assert type(caught.value) is error
