"""What a flow does at the cloud on behalf of a person: signing in, and finding sites and chargers.

Each attempt has an account of its own, without a stored password. So a submit is one attempt, whatever an earlier one
left behind, and no answer to a later read can make the client sign in again.
"""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant

from ..account.registry import Account, async_get_registry
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


def code_step_continues(error: EnlightenError) -> bool:
    """Return whether the same one-time code step can go on after an error, or the sign-in has to start over."""
    if isinstance(error, OtpRejected):
        return not isinstance(error, OtpExpired)
    return not isinstance(error, AuthenticationRequired)


class SignIn:
    """A sign-in that a person is going through."""

    account: Account
    """The account of the latest attempt; there is none before the first."""

    def __init__(self) -> None:
        """Start with nothing open."""
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
