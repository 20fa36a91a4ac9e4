"""What must survive a restart of Enphase accounts: how they are signed in, and how much was asked of the cloud.

It is kept apart from config entries because the cloud rotates its session cookie: several entries may share one
account, and an entry should not be rewritten every time a cookie changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant

from ..enlighten import Credentials
from ..state_file import StateFile

SAVE_DELAY: Final = 1.0
"""Seconds; one sign-in changes the state several times within a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBudget:
    """When the requests of the last hour were sent, in seconds since 1970."""

    sent: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    accounts: Mapping[str, Credentials] = field(default_factory=dict)
    budgets: Mapping[str, StoredBudget] = field(default_factory=dict)


class AccountStore:
    """Sign-in states and request budgets by account key, in Home Assistant's own private storage.

    `budgets` tells what was spent by the time of a write.
    """

    def __init__(self, hass: HomeAssistant, budgets: Callable[[], Mapping[str, StoredBudget]]) -> None:
        self._file = StateFile(hass, "accounts", _Stored)
        self._budgets = budgets
        self._accounts: dict[str, Credentials] | None = None

    async def async_load_budgets(self) -> Mapping[str, StoredBudget]:
        """Return what had been spent before a restart."""
        stored = await self._file.async_load()
        return stored.budgets if stored else {}

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
            self.write_within(SAVE_DELAY)

    def write_within(self, seconds: float) -> None:
        """Have everything written in a while, and at the latest on shutdown."""
        self._file.save_soon(self._state, seconds)

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
        return _Stored(accounts=self._accounts or {}, budgets=self._budgets())
