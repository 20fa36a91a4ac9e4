"""The sign-in states of Enphase accounts, which must survive a restart.

They are kept apart from config entries because the cloud rotates its session cookie: several entries may share one
account, and an entry should not be rewritten every time a cookie changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant

from ..enlighten import Credentials
from ..state_file import StateFile

SAVE_DELAY: Final = 1.0
"""Seconds; one sign-in changes the state several times within a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    accounts: Mapping[str, Credentials] = field(default_factory=dict)


class CredentialStore:
    """Sign-in states by account key, written behind Home Assistant's own private storage."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._file = StateFile(hass, "accounts", _Stored)
        self._accounts: dict[str, Credentials] | None = None

    async def async_load(self, key: str) -> Credentials | None:
        """Return the stored state of an account."""
        return (await self._async_accounts()).get(key)

    async def async_save(self, key: str, credentials: Credentials) -> None:
        """Write the state of an account at once."""
        (await self._async_accounts())[key] = credentials
        await self._file.async_save(self._state())

    def save_soon(self, key: str, credentials: Credentials) -> None:
        """Note the state of a loaded account; it is written within a moment and at the latest on shutdown."""
        if self._accounts is not None:
            self._accounts[key] = credentials
            self._file.save_soon(self._state, SAVE_DELAY)

    async def async_remove(self, key: str) -> None:
        """Drop the state of an account that no entry uses any more."""
        accounts = await self._async_accounts()
        if accounts.pop(key, None) is None:
            return
        if accounts:
            await self._file.async_save(self._state())
        else:
            await self._file.async_remove()

    async def _async_accounts(self) -> dict[str, Credentials]:
        if self._accounts is None:
            stored = await self._file.async_load()
            self._accounts = dict(stored.accounts) if stored else {}
        return self._accounts

    def _state(self) -> _Stored:
        return _Stored(accounts=self._accounts or {})
