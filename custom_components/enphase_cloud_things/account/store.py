"""What must survive a restart of Enphase accounts: how they are signed in, and how much was asked of the cloud.

It is kept apart from config entries because the cloud rotates its session cookie: several entries may share one
account, and an entry should not be rewritten every time a cookie changes.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..cadences import REQUEST_BUDGET
from ..enlighten import Credentials, RequestBudget
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

    Budgets outlive reloads and restarts, which cost a person nothing but the account a dozen requests (docs/traps.md
    90).
    """

    def __init__(self, hass: HomeAssistant) -> None:
        self._file = StateFile(hass, "accounts", _Stored)
        self._is_open = False
        self._accounts: dict[str, Credentials] = {}
        self._budgets: defaultdict[str, RequestBudget] = defaultdict(partial(RequestBudget, REQUEST_BUDGET))

    async def async_open(self) -> None:
        """Read what was stored, once."""
        if self._is_open:
            return
        stored = await self._file.async_load() or _Stored()
        self._is_open = True
        self._accounts.update(stored.accounts)
        for key, budget in stored.budgets.items():
            self._budgets[key].restore(budget.sent, dt_util.utcnow())

    def budget_of(self, key: str) -> RequestBudget:
        """Return the budget of an account."""
        return self._budgets[key]

    def join_budgets(self, old: str, new: str) -> None:
        """Count the requests of an account under another key from now on, together with those counted there."""
        if (budget := self._budgets.pop(old, None)) is None:
            return
        if new in self._budgets:
            self._budgets[new].absorb(budget)
        else:
            self._budgets[new] = budget

    async def async_load(self, key: str) -> Credentials | None:
        """Return the stored state of an account."""
        return (await self._async_accounts()).get(key)

    async def async_save(self, key: str, credentials: Credentials) -> None:
        """Write the state of an account at once."""
        (await self._async_accounts())[key] = credentials
        await self._file.async_save(self._state())

    def save_soon(self, key: str, credentials: Credentials) -> None:
        """Note the state of a loaded account; it is written within a moment and at the latest on shutdown."""
        if self._is_open:
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
        await self.async_open()
        return self._accounts

    def _state(self) -> _Stored:
        now = dt_util.utcnow()
        return _Stored(
            accounts=self._accounts,
            budgets={
                key: StoredBudget(sent=tuple(sent.timestamp() for sent in budget.sent))
                for key, budget in self._budgets.items()
                if budget.used(now)
            },
        )
