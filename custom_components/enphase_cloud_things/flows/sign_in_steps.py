"""The part of a config flow in which a person signs in to an Enphase account."""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import callback

from ..const import CONF_CODE, CONF_REMEMBER_PASSWORD, CONF_RESEND, DOMAIN
from ..enlighten import EnlightenError, RateLimited
from ..errors import form_key
from ..options import Options
from .forms import OTP_FORM, SignInInput, sign_in_form
from .sign_in import SignIn, code_step_continues


class SignInFlow(ConfigFlow):
    """Asks for the account and, where the account wants one, for a one-time code.

    A submit is one sign-in attempt at most. Whoever works at the cloud holds `_working`, so that a flow that is
    abandoned meanwhile closes its account only afterwards.
    """

    def __init__(self) -> None:
        """Start without a sign-in."""
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
        return self._show_otp(form_key(error)) if code_step_continues(error) else self._show_sign_in(error)

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
