"""The config flow: signing in to an Enphase account and choosing one of its sites and the chargers there."""

from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.core import callback

from .account.reauthentication import async_resume
from .account.registry import async_get_registry
from .chargers.moving import async_give_up, other_owner
from .cloud_text import plain
from .const import (
    CONF_ACCOUNT,
    CONF_CONTINUE_WITHOUT_CHARGERS,
    CONF_LEFT_OUT,
    CONF_MOVE_HERE,
    CONF_REMEMBER_PASSWORD,
    CONF_SERIALS,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    DOMAIN,
)
from .devices import remove_devices_left_out
from .enlighten import AuthenticationRequired, EnlightenError, NotSupported, Site
from .errors import form_key
from .flows.forms import NO_CHARGERS_FORM, chargers_form, is_site_id, site_form
from .flows.options import EnphaseOptionsFlow
from .flows.sign_in import SignInFlow


class EnphaseConfigFlow(SignInFlow, domain=DOMAIN):
    """Walks a person from the password to a config entry, or to one that is signed in again or changed.

    What a form shows is kept, so that it can be shown again without asking the cloud; only a submit asks.
    """

    VERSION = 2
    MINOR_VERSION = 1

    _site: Site
    _charger_names: Mapping[str, str | None]

    def __init__(self) -> None:
        super().__init__()
        self._sites: tuple[Site, ...] = ()

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> EnphaseOptionsFlow:
        """Return the flow that changes the options of an entry."""
        return EnphaseOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the account of a new entry."""
        return await self._async_step_sign_in(user_input)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start signing an entry in again."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the password of the entry's account."""
        return await self._async_step_sign_in(user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the entry's account before its site and chargers can be changed."""
        return await self._async_step_sign_in(user_input)

    async def async_step_site(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which site the entry is for."""
        if user_input is None:
            return self._show_site()
        site_id = user_input[CONF_SITE_ID].strip()
        if not is_site_id(site_id):
            return self._show_site({CONF_SITE_ID: "invalid_site"})
        known = (*self._sites, *self._own_site())
        site = next((site for site in known if site.site_id == site_id), Site(site_id=site_id))
        async with self._working:
            return await self._async_choose_site(site)

    async def async_step_chargers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which chargers of the site the entry is for."""
        if user_input is None:
            return self._show_chargers()
        if self._charger_names and not user_input[CONF_SERIALS]:
            return self._show_chargers({CONF_SERIALS: "serials_required"})
        async with self._working:
            if not self._charger_names and not user_input[CONF_CONTINUE_WITHOUT_CHARGERS]:
                unticked = {CONF_CONTINUE_WITHOUT_CHARGERS: "serials_required"}
                return await self._async_choose_site(self._site, errors_without_chargers=unticked)
            serials = user_input.get(CONF_SERIALS, [])
            elsewhere = self._owners_of(serials)
            if elsewhere and not user_input.get(CONF_MOVE_HERE):
                serial, owner = next(iter(elsewhere.items()))
                return self.async_abort(
                    reason="charger_elsewhere",
                    description_placeholders={
                        "charger": plain(self._charger_names[serial] or serial),
                        "site": plain(owner.title),
                    },
                )
            for owner in set(elsewhere.values()):
                await async_give_up(self.hass, owner, serials)
            return await self._async_finish(serials)

    @override
    async def _async_signed_in(self) -> ConfigFlowResult:
        try:
            sites = await self._sign_in.async_sites()
        except AuthenticationRequired as error:
            return self._show_sign_in(error)
        if self._entry is not None and not self._is_account_of(self._entry, sites):
            return self.async_abort(reason="wrong_account")
        if self.source == SOURCE_REAUTH:
            return await self._async_finish_reauth(self._get_reauth_entry())
        return await self._async_offer_sites(sites)

    def _is_account_of(self, entry: ConfigEntry, sites: tuple[Site, ...]) -> bool:
        """Compare by the cloud's user id, else by the site, else (no sites were told) by the e-mail address."""
        email = (entry.data.get(CONF_EMAIL) or "").casefold()
        known_as: str | None = entry.data.get(CONF_ACCOUNT)
        session = self._sign_in.account.session
        if known_as and known_as != email and session.user_id is not None:
            return session.user_id == known_as
        if sites:
            return entry.data[CONF_SITE_ID] in {site.site_id for site in sites}
        return email in ("", session.credentials.email.casefold())

    async def _async_offer_sites(self, sites: tuple[Site, ...]) -> ConfigFlowResult:
        if not sites:
            return self._show_site()
        own = self._own_site()
        taken = self._async_current_ids(include_ignore=False) - {site.site_id for site in own}
        free = {site.site_id: site for site in (*own, *sites) if site.site_id not in taken}
        if not free:
            return self.async_abort(reason="already_configured")
        self._sites = tuple(free.values())
        if len(self._sites) == 1 and not own:
            return await self._async_choose_site(self._sites[0])
        return self._show_site()

    async def _async_choose_site(
        self, site: Site, *, errors_without_chargers: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        await self.async_set_unique_id(site.site_id, raise_on_progress=False)
        if site.site_id != self._entry_data.get(CONF_SITE_ID):
            self._abort_if_unique_id_configured()
        try:
            names = await self._sign_in.async_chargers(site.site_id)
        except AuthenticationRequired as error:
            return self._show_sign_in(error)
        except NotSupported:
            return self._show_site({CONF_SITE_ID: "invalid_site"})
        except EnlightenError as error:
            return self._show_site({"base": form_key(error)})
        self._site = site
        self._charger_names = {**names, **{serial: None for serial in self._own_serials() if serial not in names}}
        return self._show_chargers(errors_without_chargers if not self._charger_names else None)

    async def _async_finish(self, serials: list[str]) -> ConfigFlowResult:
        """Make the entry, or change the one that is reconfigured."""
        data = await self._async_adopt() | {
            CONF_SITE_ID: self._site.site_id,
            CONF_SITE_NAME: self._site.name,
            CONF_SERIALS: serials,
            CONF_LEFT_OUT: [serial for serial in self._charger_names if serial not in serials],
        }
        title = plain(self._site.name or "") or f"Enphase site {self._site.site_id}"
        if self._entry is None:
            return self.async_create_entry(title=title, data=data)
        same_site = self._site.site_id == self._entry.data[CONF_SITE_ID]
        remove_devices_left_out(self.hass, self._entry, site_id=self._site.site_id, serials=serials)
        return self.async_update_reload_and_abort(
            self._entry,
            unique_id=self._site.site_id,
            title=self._entry.title if same_site else title,
            data=data,
        )

    async def _async_finish_reauth(self, entry: ConfigEntry) -> ConfigFlowResult:
        data = {key: value for key, value in entry.data.items() if key != CONF_PASSWORD}
        return self.async_update_reload_and_abort(entry, data=data | await self._async_adopt())

    async def _async_adopt(self) -> dict[str, Any]:
        """Make this sign-in the one in use, and return what an entry keeps of it."""
        given, account = self._sign_in_input, self._sign_in.account
        password = given.password if given.remember else None
        await async_get_registry(self.hass).async_adopt(account, password=password)
        self.hass.async_create_task(
            async_resume(self.hass, account.key, without=self._entry), f"{DOMAIN} resume", eager_start=False
        )
        return {
            CONF_EMAIL: given.email,
            CONF_ACCOUNT: account.key,
            CONF_REMEMBER_PASSWORD: given.remember,
        } | ({CONF_PASSWORD: password} if password else {})

    def _own_site(self) -> tuple[Site, ...]:
        if self.source != SOURCE_RECONFIGURE:
            return ()
        return (Site(site_id=self._entry_data[CONF_SITE_ID], name=self._entry_data[CONF_SITE_NAME]),)

    def _own_serials(self) -> list[str]:
        """The entry's chargers where the site stays: a charger missing from one answer must not be lost by it."""
        own = {site.site_id for site in self._own_site()}
        return self._entry_data[CONF_SERIALS] if self._site.site_id in own else []

    def _owners_of(self, serials: Iterable[str]) -> dict[str, ConfigEntry]:
        """Return the chargers that belong to other entries, with these."""
        owners = ((serial, other_owner(self.hass, serial, self._entry)) for serial in serials)
        return {serial: owner for serial, owner in owners if owner is not None}

    def _show_site(self, errors: dict[str, str] | None = None) -> ConfigFlowResult:
        selected = self._entry_data.get(CONF_SITE_ID) or next((site.site_id for site in self._sites), None)
        return self.async_show_form(
            step_id="site", data_schema=site_form(self._sites, selected=selected), errors=errors or {}
        )

    def _show_chargers(self, errors: dict[str, str] | None = None) -> ConfigFlowResult:
        own = self._own_serials()
        form = chargers_form(
            self._charger_names,
            selected=own or self._charger_names,
            can_move=bool(self._owners_of(self._charger_names)),
        )
        return self.async_show_form(
            step_id="chargers",
            data_schema=form if self._charger_names else NO_CHARGERS_FORM,
            errors=errors or {},
            description_placeholders={"site": plain(self._site.name or "") or self._site.site_id},
        )
