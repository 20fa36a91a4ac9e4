"""The sign-in states of Enphase accounts, which must survive a restart.

They are kept apart from config entries because the cloud rotates its session cookie: several entries may share one
account, and an entry should not be rewritten every time a cookie changes.
"""

from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..enlighten import Credentials, JsonValue

STORAGE_VERSION: Final = 1
SAVE_DELAY: Final = 1.0
"""Seconds; one sign-in changes the state several times within a moment."""


type JsonObject = dict[str, JsonValue]


class _Stored(TypedDict):
    accounts: dict[str, JsonObject]


class CredentialStore:
    """Sign-in states by account key, written behind Home Assistant's own private storage."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the storage file; nothing is read yet."""
        self._store: Store[_Stored] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.accounts", private=True)
        self._accounts: dict[str, JsonObject] | None = None

    async def async_load(self, key: str) -> Credentials | None:
        """Return the stored state of an account."""
        stored = (await self._async_accounts()).get(key)
        return Credentials.from_dict(stored) if stored is not None else None

    async def async_save(self, key: str, credentials: Credentials) -> None:
        """Write the state of an account at once."""
        accounts = await self._async_accounts()
        accounts[key] = credentials.as_dict()
        await self._store.async_save({"accounts": accounts})

    def save_soon(self, key: str, credentials: Credentials) -> None:
        """Note the state of a loaded account; it is written within a moment and at the latest on shutdown."""
        if self._accounts is None:
            return
        accounts = self._accounts
        accounts[key] = credentials.as_dict()
        self._store.async_delay_save(lambda: {"accounts": accounts}, SAVE_DELAY)

    async def async_remove(self, key: str) -> None:
        """Drop the state of an account that no entry uses any more."""
        accounts = await self._async_accounts()
        if accounts.pop(key, None) is None:
            return
        if accounts:
            await self._store.async_save({"accounts": accounts})
        else:
            await self._store.async_remove()

    async def _async_accounts(self) -> dict[str, JsonObject]:
        if self._accounts is None:
            stored = await self._store.async_load()
            self._accounts = stored["accounts"] if stored else {}
        return self._accounts
