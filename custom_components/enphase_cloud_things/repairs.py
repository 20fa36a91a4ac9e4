"""What the button of a repair does."""

from abc import abstractmethod
from typing import Final, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio

from .account.reauthentication import account_of, async_resume
from .const import CONF_ACCOUNT, CONF_SERIALS, DOMAIN
from .enlighten import AuthenticationRequired, EnlightenError, Session, TooManySessions
from .errors import translation_key
from .issues import issue_watch
from .runtime import EnphaseConfigEntry

type IssueData = dict[str, str | int | float | None]

_NO_ENTRY: Final = "not_loaded"


async def async_create_fix_flow(hass: HomeAssistant, issue_id: str, data: IssueData | None) -> RepairsFlow:
    """Start what repairs an issue."""
    data = data or {}
    entry_id, serial = str(data.get("entry_id")), data.get("serial")
    return AddChargerFlow(entry_id, serial) if isinstance(serial, str) else TryAgainFlow(entry_id)


class _ConfirmedFlow(RepairsFlow):
    """A repair of one step: a person reads what will be done and confirms it."""

    def __init__(self, entry_id: str) -> None:
        """Repair something of a config entry."""
        self._entry_id = entry_id

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin with the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Explain the repair, and do it once it is confirmed."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.disabled_by is not None:
            return self.async_abort(reason=_NO_ENTRY)
        return self._show() if user_input is None else await self._async_repair(entry)

    @abstractmethod
    async def _async_repair(self, entry: EnphaseConfigEntry) -> RepairsFlowResult:
        """Do what was confirmed."""

    def _show(self, error: str | None = None) -> RepairsFlowResult:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors={"base": error} if error else {},
            description_placeholders=issue.translation_placeholders if issue else None,
        )


class AddChargerFlow(_ConfirmedFlow):
    """Adds a charger that the cloud lists to the entry of its site."""

    def __init__(self, entry_id: str, serial: str) -> None:
        """Add the charger with that serial number."""
        super().__init__(entry_id)
        self._serial = serial

    @override
    async def _async_repair(self, entry: EnphaseConfigEntry) -> RepairsFlowResult:
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason=_NO_ENTRY)
        coordinator = entry.runtime_data.chargers
        serials = entry.data[CONF_SERIALS]
        if self._serial not in serials:
            if self._serial not in coordinator.data.others:
                return self.async_abort(reason="charger_gone")
            data = {**entry.data, CONF_SERIALS: [*serials, self._serial]}
            self.hass.config_entries.async_update_entry(entry, data=data)
            await coordinator.async_refresh()
        return self.async_create_entry(data={})


class TryAgainFlow(_ConfirmedFlow):
    """Tries once, now, to renew the session of an account that had too many."""

    @override
    async def _async_repair(self, entry: EnphaseConfigEntry) -> RepairsFlowResult:
        try:
            async with account_of(self.hass, entry) as account:
                await _async_renew(account.session)
        except TooManySessions:
            if entry.state is ConfigEntryState.LOADED:
                issue_watch(self.hass, entry).look(entry.runtime_data.account, entry.runtime_data.chargers)
            return self._show("too_many_sessions")
        except AuthenticationRequired:
            entry.async_start_reauth(self.hass)
            return self.async_abort(reason="sign_in_needed")
        except EnlightenError as error:
            return self._show(translation_key(error))
        await async_resume(self.hass, entry.data[CONF_ACCOUNT])
        return self.async_create_entry(data={})


async def _async_renew(session: Session) -> None:
    """Renew the session with its cookies or, if they are of no use and a password is stored, sign in with that.

    A person asked for it, so no guard is in the way. Raises what `Session.sign_in` raises.
    """
    try:
        await session.renew_without_password()
    except TooManySessions:
        raise
    except AuthenticationRequired:
        if not session.password or session.credentials.one_time_codes:
            raise
        await session.sign_in(session.credentials.email, session.password)
