"""What a person sees when the cloud refuses, breaks down or talks nonsense, and that submitting again is enough."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from yarl import URL

from custom_components.enphase_cloud_things.account import registry as accounts
from custom_components.enphase_cloud_things.enlighten import Hosts
from simulator import OWNER_EMAIL, Family, Simulator, World, faults
from simulator.accounts import CapShape, RefusalShape
from simulator.wire import Json

from .flows import ACCOUNT, assert_form, filled_in, offered, sign_in, submit

BACK_OFF = timedelta(minutes=5)
HOME, CARPORT = "4410287", "202640011873"
NONSENSE: tuple[Json, ...] = (None, True, "", "odd", -1, 1e300, [], {}, [[]], {"odd": None})


async def assert_works_when_submitted_again(hass: HomeAssistant, world: World, form: ConfigFlowResult) -> None:
    """Check that a form with an error leads to an entry, and that each submit of it was one sign-in."""
    assert filled_in(form) == {"email": OWNER_EMAIL, "remember_password": False}
    assert world.requests.logins == 1
    form = await submit(hass, form, **ACCOUNT)
    assert_form(form, "chargers")
    result = await submit(hass, form)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    assert world.requests.logins == 2


class TestSignIn:
    """The answers to the password."""

    @pytest.mark.parametrize("shape", RefusalShape)
    async def test_a_wrong_password_is_invalid_auth(
        self, hass: HomeAssistant, world: World, shape: RefusalShape
    ) -> None:
        world.account.refusal_shape = shape
        form = await sign_in(hass, password="wrong")
        assert_form(form, "user", base="invalid_auth")

        await assert_works_when_submitted_again(hass, world, form)

    async def test_a_blocked_account_is_told_from_a_wrong_password(self, hass: HomeAssistant, world: World) -> None:
        world.account.blocked = True
        form = await sign_in(hass)
        assert_form(form, "user", base="account_blocked")

        world.account.blocked = False
        await assert_works_when_submitted_again(hass, world, form)

    @pytest.mark.parametrize("shape", CapShape)
    async def test_too_many_sessions_are_told_from_a_wrong_password(
        self, hass: HomeAssistant, world: World, shape: CapShape
    ) -> None:
        """Trap 2: the account is shut for hours, and further sign-ins make it worse."""
        world.account.session_cap = 0
        world.account.cap_shape = shape
        form = await sign_in(hass)
        assert_form(form, "user", base="too_many_sessions")

        world.account.session_cap = 1
        await assert_works_when_submitted_again(hass, world, form)

    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            (faults.dropped(), "cannot_connect"),
            (faults.status_code(429, retry_after=600), "rate_limited"),
            (faults.status_code(500), "service_unavailable"),
            (faults.status_code(503, retry_after="Wed, 31 Dec 2036 23:59:59 GMT"), "service_unavailable"),
            (faults.maintenance(), "service_unavailable"),
            (faults.maintenance(503), "service_unavailable"),
            (faults.truncated(), "service_unavailable"),
            (faults.text_body("Bad gateway"), "service_unavailable"),
            (faults.payload([1]), "service_unavailable"),
            (faults.payload("odd"), "service_unavailable"),
        ],
    )
    async def test_trouble_at_the_cloud_is_no_wrong_password(
        self, hass: HomeAssistant, world: World, trouble: faults.Trouble, error: str
    ) -> None:
        """Trap 9: only the cloud's own refusal says something about the password."""
        world.faults.add(trouble, Family.LOGIN)
        form = await sign_in(hass)
        assert_form(form, "user", base=error)

        world.faults.clear()
        await assert_works_when_submitted_again(hass, world, form)

    async def test_a_cloud_out_of_reach_is_a_matter_of_the_connection(
        self, hass: HomeAssistant, cloud: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = URL(cloud.url).with_port(1)
        with monkeypatch.context() as patched:
            patched.setattr(accounts, "HOSTS", Hosts(enlighten=nowhere, grid_services=nowhere))
            form = await sign_in(hass)
        assert_form(form, "user", base="cannot_connect")

        assert_form(await submit(hass, form, **ACCOUNT), "chargers")

    @pytest.mark.parametrize("trouble", [faults.status_code(503), faults.maintenance(), faults.truncated()])
    async def test_a_token_that_cannot_be_had_now_is_no_obstacle(
        self, hass: HomeAssistant, world: World, trouble: faults.Trouble
    ) -> None:
        """Trap 1: without a token the cookies and the other token still serve."""
        world.faults.add(trouble, Family.JWT)

        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
        assert world.requests.logins == 1

    async def test_a_refused_json_login_gives_way_to_one_by_form(self, hass: HomeAssistant, world: World) -> None:
        """Trap 8: the cloud answers 406 to what it takes for a machine."""
        world.presentation.json_login_refused = True

        assert_form(await sign_in(hass), "chargers")
        assert [login.status for login in world.requests.of(Family.LOGIN)] == [406, 302]

    async def test_a_session_that_is_refused_at_once_is_invalid_auth(self, hass: HomeAssistant, world: World) -> None:
        world.faults.add(faults.status_code(401), Family.SITES)
        form = await sign_in(hass)
        assert_form(form, "user", base="invalid_auth")

        world.faults.clear()
        await assert_works_when_submitted_again(hass, world, form)


class TestNonsense:
    """A field of a wrong type costs that field."""

    @pytest.mark.parametrize("value", NONSENSE, ids=repr)
    @pytest.mark.parametrize("path", ["data", "data.*", "data.*.displayName", "data.*.isRetired", "data.*.hoControl"])
    async def test_in_the_charger_metadata_leaves_the_charger(
        self, hass: HomeAssistant, world: World, path: str, value: Json
    ) -> None:
        world.faults.add(faults.field_value(path, value), Family.SUMMARY)

        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert CARPORT in offered(form, "serials")
        assert world.requests.logins == 1

    @pytest.mark.parametrize("value", [value for value in NONSENSE if value not in ("odd", -1)], ids=repr)
    async def test_in_the_serial_of_a_charger_leaves_its_status(
        self, hass: HomeAssistant, world: World, value: Json
    ) -> None:
        world.faults.add(faults.field_value("data.*.serialNumber", value), Family.SUMMARY)

        assert set(offered(await sign_in(hass), "serials")) == {CARPORT}

    @pytest.mark.parametrize("value", NONSENSE, ids=repr)
    async def test_in_the_name_of_a_site_leaves_its_number(
        self, hass: HomeAssistant, world: World, value: Json
    ) -> None:
        world.faults.add(faults.field_value("sites.*.title", value), Family.SITES)

        result = await submit(hass, await sign_in(hass))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"]["site_id"] == HOME
        assert result["title"] in (f"Enphase site {HOME}", str(value))

    @pytest.mark.parametrize("value", NONSENSE, ids=repr)
    async def test_in_the_number_of_a_site_lets_a_person_type_it(
        self, hass: HomeAssistant, world: World, value: Json
    ) -> None:
        world.faults.add(faults.field_value("sites.*.id", value), Family.SITES)

        form = await sign_in(hass)
        assert_form(form, "site")
        result = await submit(hass, await submit(hass, form, site_id=HOME))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert world.requests.logins == 1

    @pytest.mark.parametrize("value", NONSENSE, ids=repr)
    @pytest.mark.parametrize("path", ["message", "is_consumer", "system_id", "redirect_url"])
    async def test_in_a_useless_field_of_the_sign_in_does_not_matter(
        self, hass: HomeAssistant, world: World, path: str, value: Json
    ) -> None:
        world.faults.add(faults.field_value(path, value), Family.LOGIN)

        assert_form(await sign_in(hass), "chargers")
        assert world.requests.logins == 1


class TestChargers:
    """The chargers of a site cannot be had."""

    @pytest.mark.parametrize(
        "trouble",
        [
            faults.status_code(503),
            faults.status_code(403),
            faults.status_code(404),
            faults.truncated(),
            faults.maintenance(),
            faults.empty_list(),
            faults.null_data(),
        ],
    )
    async def test_without_metadata_they_are_taken_from_the_status(
        self, hass: HomeAssistant, world: World, trouble: faults.Trouble
    ) -> None:
        """Trap 46: one service out of order must not take the others down."""
        world.faults.add(trouble, Family.SUMMARY)

        form = await sign_in(hass)
        assert_form(form, "chargers")
        assert set(offered(form, "serials")) == {CARPORT}

    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            (faults.dropped(), {"base": "cannot_connect"}),
            (faults.status_code(429), {"base": "rate_limited"}),
            (faults.status_code(503), {"base": "service_unavailable"}),
            (faults.maintenance(), {"base": "service_unavailable"}),
            (faults.text_body("odd"), {"base": "unknown"}),
            (faults.status_code(403), {"site_id": "invalid_site"}),
        ],
    )
    async def test_the_site_is_asked_for_again_without_a_second_sign_in(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        world: World,
        trouble: faults.Trouble,
        error: dict[str, str],
    ) -> None:
        world.faults.add(trouble, Family.SUMMARY, Family.STATUS)
        form = await sign_in(hass)
        assert_form(form, "site", **error)
        assert filled_in(form) == {"site_id": HOME}

        world.faults.clear()
        freezer.tick(BACK_OFF)
        form = await submit(hass, form, site_id=HOME)
        assert_form(form, "chargers")
        assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
        assert world.requests.logins == 1

    async def test_a_session_that_ends_meanwhile_asks_for_the_password(self, hass: HomeAssistant, world: World) -> None:
        world.account.renews_by_cookie = False
        world.faults.add(faults.status_code(401), Family.SUMMARY)
        form = await sign_in(hass)
        assert_form(form, "user", base="invalid_auth")

        world.faults.clear()
        await assert_works_when_submitted_again(hass, world, form)
