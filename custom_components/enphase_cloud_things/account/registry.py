"""Enphase accounts in use: one signed-in session for all config entries that belong to the same account.

Two sites of one account must not sign in twice: the cloud caps concurrent sessions and counts requests per account
(docs/api.md §2.8, §11.1). Entries therefore share the session, the request budget and the sign-in guards.
"""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from aiohttp import DummyCookieJar
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_ACCOUNT, DOMAIN
from ..enlighten import Credentials, EnlightenClient, Hosts, Recorder, RequestBudget, Session, Transport, new_cookie_jar
from ..options import Options
from .store import AccountStore

HOSTS: Final = Hosts()

BUDGET_SAVE_INTERVAL: Final = timedelta(minutes=5)
"""How often it is written down what was asked of the cloud: as much is forgotten by a crash at most."""


class Account:
    """One Enphase account: its session, its client, the HTTP connections they use, and the entries that share it."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        credentials: Credentials | None = None,
        password: str | None = None,
        timeout: float = Options().api_timeout,
        budget: RequestBudget | None = None,
        recorder: Recorder | None = None,
        attended: bool = False,
    ) -> None:
        """Prepare the connections; nothing is sent until the client is used. For `attended` see `Transport`."""
        self._http = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=new_cookie_jar(HOSTS))
        self._bare_http = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=DummyCookieJar())
        self.recorder = recorder or Recorder()
        self.transport = Transport(
            self._http,
            bare_http=self._bare_http,
            hosts=HOSTS,
            clock=dt_util.utcnow,
            timeout=timeout,
            budget=budget,
            recorder=self.recorder,
            attended=attended,
        )
        self.session = Session(self.transport, credentials=credentials, password=password)
        self.client = EnlightenClient(self.session, self.transport)
        self.entry_ids: set[str] = set()
        self.known_as: str | None = None

    @property
    def key(self) -> str:
        """What the account is known by: the cloud's user id, or the e-mail address while the id is unknown.

        Where the session has not learned the id, `known_as` may have it from an earlier sign-in.
        """
        return self.session.user_id or self.known_as or self.session.credentials.email.casefold()

    async def async_close(self) -> None:
        """End what the session has running and give the connections back."""
        await self.session.close()
        self._http.detach()
        self._bare_http.detach()


class AccountRegistry:
    """The accounts in use, by key, counted by config entry."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store = AccountStore(hass)
        self._in_use: dict[str, Account] = {}
        self._cancel_saving: CALLBACK_TYPE | None = None
        # What is recorded outlives reloads and failed set-ups, which are what somebody wants to look into
        self.recorders: defaultdict[str, Recorder] = defaultdict(Recorder)
        self._lock = asyncio.Lock()

    async def async_acquire(self, entry: ConfigEntry) -> Account:
        """Return the account of an entry, opening it from the stored sign-in state for the first user."""
        options = Options.from_mapping(entry.options)
        async with self._lock:
            await self._store.async_open()
            key = await self._async_key_to_use(entry)
            account = self._in_use.get(key)
            if account is None:
                account = self._in_use[key] = await self._async_open(entry, key, options)
            account.entry_ids.add(entry.entry_id)
            if self._cancel_saving is None:
                self._save_budgets()
                self._cancel_saving = async_track_time_interval(
                    self._hass, self._save_budgets, BUDGET_SAVE_INTERVAL, cancel_on_shutdown=True
                )
        if password := entry.data.get(CONF_PASSWORD):
            account.session.password = password
        return account

    async def async_release(self, entry: ConfigEntry) -> None:
        """Give an account back; the last user's going closes it.

        The entry is found by its id: by now it may be known to belong to another key.
        """
        async with self._lock:
            key = next((key for key, account in self._in_use.items() if entry.entry_id in account.entry_ids), None)
            if key is None:
                return
            account = self._in_use[key]
            account.entry_ids.discard(entry.entry_id)
            if account.entry_ids:
                account.session.password = self._remembered_password(account.entry_ids)
                return
            del self._in_use[key]
            self._count_with(key, entry.data[CONF_ACCOUNT])
            if any(other.data.get(CONF_ACCOUNT) == key for other in self._entries()):
                await self._store.async_save(key, account.session.credentials)
            else:
                await self._store.async_remove(key)
            await account.async_close()
            if not self._in_use and self._cancel_saving:
                self._cancel_saving()
                self._cancel_saving = None

    async def async_adopt(self, account: Account, *, password: str | None) -> None:
        """Make a sign-in that a person has just completed the one that everybody uses.

        The state is stored before an entry exists, so that setting the entry up needs no second sign-in; a session
        that is running for the same account takes it over. `password` is what the person wants remembered.
        """
        credentials = account.session.credentials
        provisional_key = credentials.email.casefold()
        async with self._lock:
            if credentials.user_id is None and (known_key := self._key_of(credentials.email)) != provisional_key:
                # The cloud gave no token to tell it now; it did before
                account.known_as = known_key
                credentials = replace(credentials, user_id=known_key)
            key = account.key
            self._rename(provisional_key, key, password)
            await self._store.async_save(key, credentials)
            # What led to a new account's entry is the beginning of its recording
            self.recorders.setdefault(key, account.recorder)
            if provisional_key != key and provisional_key not in self._in_use:
                await self._store.async_remove(provisional_key)
            if running := self._in_use.get(key):
                running.session.take_over(credentials, password=password)

    async def async_note_one_time_codes(self, email: str) -> None:
        """Have nothing but a person sign in to the account with that e-mail address, which asks for one-time codes.

        This holds at once, whether or not the person whom the code was sent to enters it.
        """
        key = self._key_of(email)
        async with self._lock:
            if running := self._in_use.get(key):
                running.session.note_one_time_codes()
            elif stored := await self._store.async_load(key):
                await self._store.async_save(key, replace(stored, one_time_codes=True))

    @callback
    def _save_budgets(self, _now: datetime | None = None) -> None:
        """Have a write under way as long as accounts are in use, so that a shutdown always writes."""
        self._store.write_within(BUDGET_SAVE_INTERVAL.total_seconds())

    def budget_for(self, email: str) -> RequestBudget:
        """Return the budget of the account with that e-mail address, for requests beside its running session."""
        return self._store.budget_of(self._key_of(email))

    def recorder_for(self, email: str) -> Recorder | None:
        """Return what records the account with that e-mail address, so that an odd sign-in is in its diagnostics."""
        return self.recorders.get(self._key_of(email))

    def _key_of(self, email: str) -> str:
        """Return what the entries with that e-mail address know its account by, which is the user id if one does."""
        provisional_key = email.casefold()
        own = (
            entry.data for entry in self._entries() if (entry.data.get(CONF_EMAIL) or "").casefold() == provisional_key
        )
        known = (data.get(CONF_ACCOUNT) for data in own)
        return next((key for key in known if key and key != provisional_key), provisional_key)

    async def _async_key_to_use(self, entry: ConfigEntry) -> str:
        """Return an entry's key, which is the user id as soon as any entry with the same address knows it."""
        key: str = entry.data[CONF_ACCOUNT]
        email = entry.data.get(CONF_EMAIL) or ""
        if not email or key != email.casefold() or (known_key := self._key_of(email)) == key:
            return key
        self._rename(key, known_key)
        if key not in self._in_use:
            await self._store.async_remove(key)
        return known_key

    async def _async_note_user_id(self, account: Account) -> None:
        """Know a running account by the user id that its session has learned by itself."""
        async with self._lock:
            key, user_id = self._key_in_use(account), account.session.user_id
            if key is None or user_id is None:
                return
            credentials = account.session.credentials
            if (running := self._in_use.get(user_id)) is None:
                await self._store.async_save(user_id, credentials)
                await self._store.async_remove(key)
            elif _is_newer(credentials, running.session.credentials):
                running.session.take_over(credentials, password=account.session.password)
            self._rename(key, user_id)

    def _rename(self, old: str, new: str, password: str | None = None) -> None:
        """Know an account by the user id that a sign-in has shown; two live ones would each sign in and count."""
        for entry in self._entries():
            if entry.data.get(CONF_ACCOUNT) in (old, new):
                self._bring_up_to_date(entry, new, password)
        if old == new:
            return
        if new not in self._in_use and (account := self._in_use.pop(old, None)):
            self._in_use[new] = account
        if (doubled := self._in_use.get(old)) is None:
            self._count_with(old, new)
            return
        for entry_id in doubled.entry_ids:
            self._hass.config_entries.async_schedule_reload(entry_id)

    def _count_with(self, old: str, new: str) -> None:
        """Count and record an account under another key from now on, together with what was counted there."""
        if old == new:
            return
        if recorder := self.recorders.pop(old, None):
            self.recorders.setdefault(new, recorder)
        self._store.join_budgets(old, new)

    def _bring_up_to_date(self, entry: ConfigEntry, key: str, password: str | None) -> None:
        """Note what a sign-in has shown in every entry of the account: its user id, and a password that is right."""
        proven = {CONF_PASSWORD: password} if password and entry.data.get(CONF_PASSWORD) else {}
        self._hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_ACCOUNT: key, **proven})

    def _remembered_password(self, entry_ids: set[str]) -> str | None:
        passwords = (entry.data.get(CONF_PASSWORD) for entry in self._entries() if entry.entry_id in entry_ids)
        return next((password for password in passwords if password), None)

    def _entries(self) -> list[ConfigEntry]:
        return self._hass.config_entries.async_entries(DOMAIN)

    async def async_forget(self, entry: ConfigEntry) -> None:
        """Drop the stored sign-in state of a removed entry, unless another entry has the same account."""
        key = entry.data[CONF_ACCOUNT]
        others = (other for other in self._entries() if other.entry_id != entry.entry_id)
        if any(other.data.get(CONF_ACCOUNT) == key for other in others):
            return
        async with self._lock:
            await self._store.async_remove(key)
            self.recorders.pop(key, None)

    @callback
    def async_forget_password(self, entry: ConfigEntry) -> None:
        """Drop the password from the running session of an entry's account."""
        for account in self._in_use.values():
            if entry.entry_id in account.entry_ids:
                account.session.password = None

    async def _async_open(self, entry: ConfigEntry, key: str, options: Options) -> Account:
        credentials = await self._store.async_load(key) or Credentials(email=entry.data[CONF_EMAIL])
        account = Account(
            self._hass,
            credentials=credentials,
            password=entry.data.get(CONF_PASSWORD),
            timeout=options.api_timeout,
            budget=self._store.budget_of(key),
            recorder=self.recorders[key],
        )
        account.session.on_change = partial(self._save, account)
        return account

    def _save(self, account: Account, changed: Credentials) -> None:
        """Store a change of a running session under what its account is known by at that time."""
        if (key := self._key_in_use(account)) is not None:
            self._store.save_soon(key, changed)
            if changed.user_id is not None and key == changed.email.casefold():
                self._hass.async_create_task(self._async_note_user_id(account), f"{DOMAIN} account")

    def _key_in_use(self, wanted: Account) -> str | None:
        return next((key for key, account in self._in_use.items() if account is wanted), None)


def _is_newer(credentials: Credentials, others: Credentials) -> bool:
    """Return whether a session was signed in later than another one."""
    if credentials.signed_in_at is None:
        return False
    return others.signed_in_at is None or credentials.signed_in_at > others.signed_in_at


_REGISTRY: Final[HassKey[AccountRegistry]] = HassKey(f"{DOMAIN}.accounts")


@callback
def async_get_registry(hass: HomeAssistant) -> AccountRegistry:
    """Return the one registry of this Home Assistant."""
    if _REGISTRY not in hass.data:
        hass.data[_REGISTRY] = AccountRegistry(hass)
    return hass.data[_REGISTRY]
