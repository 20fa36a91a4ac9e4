"""Adding the integration with an account that asks for one-time codes."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.enphase_cloud_things.enlighten import OtpExpired
from custom_components.enphase_cloud_things.flows.sign_in import SignIn
from simulator import OWNER_EMAIL, Family, World, faults

from .flows import ACCOUNT, assert_form, filled_in, sign_in, submit


@pytest.fixture
def world(world: World) -> World:
    """An account that asks for one-time codes."""
    world.account.one_time_codes = True
    return world


def code_in_the_mail(world: World) -> str:
    """Return the code that was sent last."""
    code = world.accounts.current_code(OWNER_EMAIL)
    assert code is not None
    return code


def another_code(world: World) -> str:
    """Return a code that was not sent."""
    return "000000" if code_in_the_mail(world) != "000000" else "111111"


async def assert_done(hass: HomeAssistant, form: ConfigFlowResult) -> None:
    """Check that the flow goes on to an entry that works."""
    assert_form(form, "chargers")
    result = await submit(hass, form)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


async def test_the_code_from_the_mail_finishes_the_sign_in(hass: HomeAssistant, world: World) -> None:
    form = await sign_in(hass)
    assert_form(form, "otp")
    assert filled_in(form) == {"resend": False}
    assert form["description_placeholders"] == {"email": OWNER_EMAIL}

    await assert_done(hass, await submit(hass, form, code=f" {code_in_the_mail(world)} "))
    assert world.requests.logins == 1
    assert world.requests.count(Family.ONE_TIME_CODE) == 1


async def test_no_code_is_sent_without_being_asked_for(hass: HomeAssistant, world: World) -> None:
    """Trap 10: each code is a message on somebody's telephone."""
    await assert_done(hass, await submit(hass, await sign_in(hass), code=code_in_the_mail(world)))

    assert world.requests.count(Family.RESEND) == 0
    assert world.account.codes_sent == 1


async def test_a_wrong_code_can_be_corrected(hass: HomeAssistant, world: World) -> None:
    form = await submit(hass, await sign_in(hass), code=another_code(world))
    assert_form(form, "otp", base="invalid_otp")

    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))
    assert world.requests.logins == 1


@pytest.mark.parametrize("fields", [{}, {"code": ""}, {"code": "  "}])
async def test_no_code_is_asked_for_again_and_not_called_wrong(
    hass: HomeAssistant, world: World, fields: dict[str, str]
) -> None:
    form = await submit(hass, await sign_in(hass), **fields)
    assert_form(form, "otp", base="otp_missing")
    assert world.requests.count(Family.ONE_TIME_CODE) == 0

    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


@pytest.mark.parametrize("separator", [" ", "  ", "\u00a0", "-"])
async def test_a_code_is_taken_with_blanks_in_it(hass: HomeAssistant, world: World, separator: str) -> None:
    form = await sign_in(hass)
    code = code_in_the_mail(world)
    await assert_done(hass, await submit(hass, form, code=f" {code[:3]}{separator}{code[3:]} "))


async def test_another_code_is_sent_when_wished(hass: HomeAssistant, world: World) -> None:
    form = await submit(hass, await sign_in(hass), resend=True)
    assert_form(form, "otp")
    assert world.account.codes_sent == 2
    assert world.requests.count(Family.ONE_TIME_CODE) == 0

    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))
    assert world.requests.logins == 1


async def test_codes_are_sent_at_most_every_30_seconds(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World
) -> None:
    form = await submit(hass, await sign_in(hass), resend=True)
    freezer.tick(timedelta(seconds=29))
    form = await submit(hass, form, resend=True)
    assert_form(form, "otp", base="resend_too_soon")
    assert world.requests.count(Family.RESEND) == 1

    freezer.tick(timedelta(seconds=1))
    form = await submit(hass, form, resend=True)
    assert_form(form, "otp")
    assert world.requests.count(Family.RESEND) == 2

    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


@pytest.mark.parametrize("fields", [{"code": "123456"}, {"resend": True}], ids=["code", "resend"])
async def test_a_code_that_has_expired_starts_the_sign_in_over(
    hass: HomeAssistant, world: World, fields: dict[str, str | bool]
) -> None:
    form = await sign_in(hass, remember_password=True)
    world.accounts.expire_sessions()

    form = await submit(hass, form, **fields)
    assert_form(form, "user", base="otp_expired")
    assert filled_in(form) == {"email": OWNER_EMAIL, "remember_password": True}

    form = await submit(hass, form, **ACCOUNT)
    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))
    assert world.requests.logins == 2


@pytest.mark.parametrize("trouble", [faults.payload({"isValid": False, "isBlocked": True}), faults.status_code(429)])
async def test_too_many_wrong_codes_block_the_code(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, world: World, trouble: faults.Trouble
) -> None:
    form = await sign_in(hass)
    world.faults.add(trouble, Family.ONE_TIME_CODE, times=1)
    form = await submit(hass, form, code=another_code(world))
    assert_form(form, "otp", base="otp_blocked")

    freezer.tick(timedelta(minutes=5))
    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


async def test_too_many_wishes_for_a_code_block_it(hass: HomeAssistant, world: World) -> None:
    world.account.resend_limit = 0
    form = await submit(hass, await sign_in(hass), resend=True)
    assert_form(form, "otp", base="otp_blocked")

    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (faults.status_code(503), "service_unavailable"),
        (faults.maintenance(), "service_unavailable"),
        (faults.truncated(), "service_unavailable"),
        (faults.dropped(), "cannot_connect"),
    ],
)
@pytest.mark.parametrize("family", [Family.ONE_TIME_CODE, Family.RESEND])
async def test_trouble_at_the_cloud_leaves_the_code_usable(
    hass: HomeAssistant, world: World, trouble: faults.Trouble, error: str, family: Family
) -> None:
    form = await sign_in(hass)
    world.faults.add(trouble, family)
    form = await submit(hass, form, **({"resend": True} if family is Family.RESEND else {"code": "123456"}))
    assert_form(form, "otp", base=error)

    world.faults.clear()
    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))
    assert world.requests.logins == 1


async def test_too_many_sessions_may_show_only_after_the_code(hass: HomeAssistant, world: World) -> None:
    world.account.session_cap = 0
    form = await submit(hass, await sign_in(hass), code=code_in_the_mail(world))
    assert_form(form, "user", base="too_many_sessions")

    world.account.session_cap = 1
    form = await submit(hass, form, **ACCOUNT)
    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


async def test_a_password_that_is_wrong_asks_for_no_code(hass: HomeAssistant, world: World) -> None:
    form = await sign_in(hass, password="wrong")
    assert_form(form, "user", base="invalid_auth")
    assert world.account.codes_sent == 0

    form = await submit(hass, form, **ACCOUNT)
    await assert_done(hass, await submit(hass, form, code=code_in_the_mail(world)))


async def test_a_code_that_no_sign_in_waits_for_has_expired() -> None:
    with pytest.raises(OtpExpired):
        await SignIn().async_validate_code("123456")
    with pytest.raises(OtpExpired):
        await SignIn().async_resend_code()
