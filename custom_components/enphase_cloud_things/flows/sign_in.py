"""The part of a config flow in which a person signs in, and what it does at the cloud on their behalf.

Each attempt has an account of its own, without a stored password. So a submit is one attempt, whatever an earlier one
left behind, and no answer to a later read can make the client sign in again.
"""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback

from ..account.registry import Account, async_get_registry
from ..const import CONF_CODE, CONF_REMEMBER_PASSWORD, CONF_RESEND, DOMAIN
from ..enlighten import (
    AuthenticationRequired,
    ConnectionFailed,
    EnlightenError,
    OtpChallenge,
    OtpExpired,
    OtpRejected,
    RateLimited,
    Site,
)
from ..errors import form_key
from ..options import Options
from .forms import OTP_FORM, SignInInput, sign_in_form


def _code_step_continues(error: EnlightenError) -> bool:
    """Return whether the same one-time code step can go on after an error, or the sign-in has to start over."""
    if isinstance(error, OtpRejected):
        return not isinstance(error, OtpExpired)
    return not isinstance(error, AuthenticationRequired)


class SignIn:
    """A sign-in that a person is going through."""

    account: Account
    """The account of the latest attempt; there is none before the first."""

    def __init__(self) -> None:
        self._open: list[Account] = []
        self._challenge: OtpChallenge | None = None

    async def async_attempt(self, hass: HomeAssistant, email: str, password: str, *, api_timeout: float) -> bool:
        """Try to sign in once, and return whether that is all: else a one-time code has to follow.

        Errors of the client end the attempt.
        """
        await self.async_close()
        registry = async_get_registry(hass)
        self.account = Account(
            hass,
            timeout=api_timeout,
            budget=registry.budget_for(email),
            recorder=registry.recorder_for(email),
            attended=True,
        )
        self._open.append(self.account)
        self._challenge = await self.account.session.sign_in(email, password)
        if self._challenge is None:
            return True
        await registry.async_note_one_time_codes(email)
        return False

    async def async_validate_code(self, code: str) -> None:
        """Finish the sign-in with a one-time code."""
        await self._pending().validate(code)

    async def async_resend_code(self) -> None:
        """Have another code sent. Raises RateLimited within 30 s of the one before."""
        await self._pending().resend()

    def _pending(self) -> OtpChallenge:
        if self._challenge is None:
            raise OtpExpired("No sign-in waits for a one-time code")
        return self._challenge

    async def async_sites(self) -> tuple[Site, ...]:
        """Return the sites of the account; none where the cloud does not tell, which is no reason to stop."""
        try:
            return await self.account.client.sites()
        except AuthenticationRequired:
            raise
        except EnlightenError:
            return ()

    async def async_chargers(self, site_id: str) -> Mapping[str, str | None]:
        """Return the names of a site's chargers by serial.

        Charger metadata may be empty for a moment, lack names, or be out of order altogether (docs/api.md §3.2);
        the live status then stands in.
        """
        names: dict[str, str | None] = {}
        failure: EnlightenError | None = None
        try:
            summaries = await self.account.client.chargers(site_id)
            names = {charger.serial: charger.name for charger in summaries if not charger.retired}
        except AuthenticationRequired, ConnectionFailed, RateLimited:
            raise
        except EnlightenError as error:
            failure = error
        if names and all(names.values()):
            return names
        try:
            status = await self.account.client.status(site_id)
        except EnlightenError:
            if failure is not None:
                raise failure from None
            return names
        live = {charger.serial: charger.name for charger in status.chargers}
        return {serial: name or live.get(serial) for serial, name in names.items()} or live

    async def async_close(self) -> None:
        """Give the connections back."""
        self._challenge = None
        while self._open:
            await self._open.pop().async_close()


class SignInFlow(ConfigFlow):
    """Asks for the account and, where the account wants one, for a one-time code.

    A submit is one sign-in attempt at most. Whoever works at the cloud holds `_working`, so that a flow that is
    abandoned meanwhile closes its account only afterwards.
    """

    def __init__(self) -> None:
        self._sign_in = SignIn()
        self._working = asyncio.Lock()
        self._given: SignInInput | None = None

    @abstractmethod
    async def _async_signed_in(self) -> ConfigFlowResult:
        """Go on with an account that is signed in."""

    @callback
    @override
    def async_remove(self) -> None:
        """Close the account of a flow that has ended, one way or another."""
        self.hass.async_create_task(self._async_close(), f"{DOMAIN} flow close")

    async def _async_close(self) -> None:
        async with self._working:
            await self._sign_in.async_close()

    async def async_step_otp(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the one-time code that the account wants."""
        if user_input is None:
            return self._show_otp()
        async with self._working:
            if user_input[CONF_RESEND]:
                return await self._async_resend_code()
            return await self._async_validate_code(user_input.get(CONF_CODE, ""))

    async def _async_step_sign_in(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        if user_input is None:
            return self._show_sign_in()
        given = self._given = SignInInput.from_form(
            user_input,
            email=self._entry_data.get(CONF_EMAIL) or "",
            password=self._entry_data.get(CONF_PASSWORD, "") if self.source == SOURCE_RECONFIGURE else "",
        )
        api_timeout = Options.from_mapping(self._entry.options if self._entry else {}).api_timeout
        async with self._working:
            try:
                signed_in = await self._sign_in.async_attempt(
                    self.hass, given.email, given.password, api_timeout=api_timeout
                )
            except EnlightenError as error:
                return self._show_sign_in(error)
            return await self._async_signed_in() if signed_in else self._show_otp()

    async def _async_resend_code(self) -> ConfigFlowResult:
        try:
            await self._sign_in.async_resend_code()
        except RateLimited:
            return self._show_otp("resend_too_soon")
        except EnlightenError as error:
            return self._after_code_error(error)
        return self._show_otp()

    async def _async_validate_code(self, code: str) -> ConfigFlowResult:
        try:
            await self._sign_in.async_validate_code(code)
        except EnlightenError as error:
            return self._after_code_error(error)
        return await self._async_signed_in()

    def _after_code_error(self, error: EnlightenError) -> ConfigFlowResult:
        return self._show_otp(form_key(error)) if _code_step_continues(error) else self._show_sign_in(error)

    @property
    def _entry(self) -> ConfigEntry | None:
        """The entry that is signed in again or reconfigured."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_entry()
        return None

    @property
    def _entry_data(self) -> Mapping[str, Any]:
        return self._entry.data if self._entry else {}

    @property
    def _sign_in_input(self) -> SignInInput:
        """What was last given to sign in, else what the entry knows."""
        if self._given is not None:
            return self._given
        return SignInInput(
            email=self._entry_data.get(CONF_EMAIL) or "",
            remember=self._entry_data.get(CONF_REMEMBER_PASSWORD, False),
            password="",
        )

    def _show_sign_in(self, error: EnlightenError | None = None) -> ConfigFlowResult:
        given = self._sign_in_input
        reauth, reconfigure = self.source == SOURCE_REAUTH, self.source == SOURCE_RECONFIGURE
        form = sign_in_form(
            email=given.email,
            ask_email=not reauth or not self._entry_data.get(CONF_EMAIL),
            password_optional=reconfigure and CONF_PASSWORD in self._entry_data,
            remember=given.remember,
        )
        return self.async_show_form(
            step_id="reauth_confirm" if reauth else "reconfigure" if reconfigure else "user",
            data_schema=form,
            errors={"base": form_key(error)} if error else {},
        )

    def _show_otp(self, error: str | None = None) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="otp",
            data_schema=OTP_FORM,
            errors={"base": error} if error else {},
            description_placeholders={"email": self._sign_in_input.email},
        )
