"""Repairs: what a person can do something about, shown while it lasts and gone by itself with its cause.

Signing in again is not among them: Home Assistant has a repair of its own for that.
"""

from abc import abstractmethod
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256
from operator import attrgetter
from typing import Final, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
import probatio

from .account.reauthentication import account_of, async_resume, withdraw_request
from .account.registry import Account
from .chargers.coordinator import ChargerCoordinator
from .chargers.moving import async_give_up, other_owner
from .chargers.site import SiteSnapshot
from .cloud_text import plain
from .const import CONF_ACCOUNT, CONF_LEFT_OUT, CONF_SERIALS, DOMAIN
from .enlighten import (
    CORE_FAMILIES,
    AuthenticationRequired,
    EnlightenError,
    Family,
    InvalidCredentials,
    RateLimited,
    Session,
    TooManySessions,
)
from .errors import translation_key
from .runtime import EnphaseConfigEntry
from .vpp.coordinator import VppCoordinator

type IssueData = dict[str, str | int | float | None]

_NO_ENTRY: Final = "not_loaded"

RATE_LIMIT_WORTH_TELLING: Final = timedelta(minutes=15)
ROUTE_GONE_FOR_GOOD: Final = timedelta(days=1)
_ROUTE_GONE: Final = "route_gone"


class IssueKind(StrEnum):
    """The repairs of this integration, by the key of their texts."""

    TOO_MANY_SESSIONS = "too_many_sessions"
    RATE_LIMITED = "rate_limited"
    NEW_CHARGER = "new_charger"
    VPP_PROGRAM_INVALID = "vpp_program_invalid"
    ENDPOINT_GONE = "endpoint_gone"


_FIXABLE: Final = frozenset({IssueKind.TOO_MANY_SESSIONS, IssueKind.NEW_CHARGER})
_ERRORS: Final = frozenset({IssueKind.TOO_MANY_SESSIONS, IssueKind.ENDPOINT_GONE})


@callback
def raise_issue(
    hass: HomeAssistant, entry: ConfigEntry, kind: IssueKind, *, serial: str | None = None, **placeholders: str
) -> None:
    """Show a repair of an entry, or one of its chargers, or bring the one that is shown up to date."""
    data: IssueData = {"entry_id": entry.entry_id, "serial": serial}
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, kind, serial),
        data=data,
        is_fixable=kind in _FIXABLE,
        is_persistent=False,
        learn_more_url=async_get_loaded_integration(hass, DOMAIN).issue_tracker
        if kind is IssueKind.ENDPOINT_GONE
        else None,
        severity=ir.IssueSeverity.ERROR if kind in _ERRORS else ir.IssueSeverity.WARNING,
        translation_key=kind,
        translation_placeholders={name: plain(text) for name, text in {"site": entry.title, **placeholders}.items()},
    )


@callback
def clear_issue(hass: HomeAssistant, entry: ConfigEntry, kind: IssueKind, *, serial: str | None = None) -> None:
    """Take a repair back, if it is shown."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, kind, serial))


def _issue_id(entry: ConfigEntry, kind: IssueKind, serial: str | None = None) -> str:
    """Name a repair. Names end up in diagnostics, so a charger is told by a digest of its serial."""
    charger = f"_{sha256(f'{entry.entry_id} {serial}'.encode()).hexdigest()[:12]}" if serial else ""
    return f"{kind}_{entry.entry_id}{charger}"


def _issue_ids(hass: HomeAssistant, entry: ConfigEntry, kind: IssueKind) -> set[str]:
    """Return the names of all repairs of a kind that an entry has, or had before a restart."""
    prefix = _issue_id(entry, kind)
    return {
        issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN and issue_id.startswith(prefix)
    }


class IssueWatch:
    """Tells from what is going on at one site which repairs to show.

    It outlives failed set-ups, for some troubles are worth telling only once they have lasted. Repairs that were shown
    before a restart of Home Assistant have lasted already.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._limited_since: datetime | None = None
        self._gone_since: dict[Family, datetime] = {}
        self._next_try: datetime | None = None
        self._asks_to_sign_in = False

    @callback
    def follow(self, account: Account, coordinator: ChargerCoordinator, vpp: VppCoordinator | None) -> None:
        """Look when the chargers' refresh fails or recovers, when others show up, and every minute for all else."""

        @callback
        def look(_now: datetime | None = None) -> None:
            self.look(account, coordinator)
            if vpp is not None:
                self._look_at_program(vpp)

        causes = attrgetter("last_update_success", "last_exception", "data.others")
        self._entry.async_on_unload(coordinator.async_add_listener(look, partial(causes, coordinator)))
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, look, timedelta(minutes=1), cancel_on_shutdown=True)
        )

    @callback
    def look(self, account: Account, coordinator: ChargerCoordinator) -> None:
        """Raise and clear what the latest refresh gives reason for."""
        now = dt_util.utcnow()
        error = coordinator.last_exception if not coordinator.last_update_success else None
        cause = error.__cause__ if error else None
        self._look_at_sign_in(error, cause)
        self._look_at_sessions(account, coordinator, cause, now)
        self._look_at_rate_limit(account, cause, now, failing=error is not None)
        self._look_at_routes(account, now)
        if error is None:
            self._look_at_chargers(coordinator.data)

    @callback
    def clear(self, *, forget_ignored: bool) -> None:
        """Take all repairs back. Those that a person chose to ignore may be kept in mind for the next start."""
        registry = ir.async_get(self._hass)
        for kind in IssueKind:
            for issue_id in _issue_ids(self._hass, self._entry, kind):
                issue = registry.async_get_issue(DOMAIN, issue_id)
                if forget_ignored or (issue and issue.dismissed_version is None):
                    registry.async_delete(DOMAIN, issue_id)

    def _look_at_sign_in(self, error: BaseException | None, cause: BaseException | None) -> None:
        """Have Home Assistant ask for a sign-in where nothing else may help, and withdraw that once the session works.

        A refused password may be tried again by itself, for the cloud may be wrong. But then it is likely not.
        """
        if isinstance(error, ConfigEntryAuthFailed) or isinstance(cause, InvalidCredentials):
            self._asks_to_sign_in = True
            self._entry.async_start_reauth(self._hass)
        elif error is None and self._asks_to_sign_in:
            self._asks_to_sign_in = False
            withdraw_request(self._hass, self._entry)

    def _look_at_sessions(
        self, account: Account, coordinator: ChargerCoordinator, cause: BaseException | None, now: datetime
    ) -> None:
        asks_person = any(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}))
        if not isinstance(cause, TooManySessions) or asks_person:
            self._next_try = None
            clear_issue(self._hass, self._entry, IssueKind.TOO_MANY_SESSIONS)
            return
        planned = account.session.credentials.guard.blocked_until or cause.retry_at
        if planned is not None and planned > now:
            self._next_try = planned
        elif self._next_try is None or self._next_try <= now:
            self._next_try = now + (coordinator.update_interval or timedelta())
        raise_issue(self._hass, self._entry, IssueKind.TOO_MANY_SESSIONS, next_try=_local_time(self._next_try))

    def _look_at_rate_limit(
        self, account: Account, cause: BaseException | None, now: datetime, *, failing: bool
    ) -> None:
        if not failing:
            self._limited_since = None
        if not isinstance(cause, RateLimited):
            clear_issue(self._hass, self._entry, IssueKind.RATE_LIMITED)
            return
        self._limited_since = self._limited_since or now
        shown_before = _issue_ids(self._hass, self._entry, IssueKind.RATE_LIMITED)
        if shown_before or now - self._limited_since >= RATE_LIMIT_WORTH_TELLING:
            until = account.transport.paused_until or cause.retry_at or now
            raise_issue(self._hass, self._entry, IssueKind.RATE_LIMITED, until=_local_time(until))

    def _look_at_routes(self, account: Account, now: datetime) -> None:
        shown_before = bool(_issue_ids(self._hass, self._entry, IssueKind.ENDPOINT_GONE))
        is_gone = False
        for family in sorted(CORE_FAMILIES):
            health = account.transport.health_of(family)
            if not health.is_failing:
                self._gone_since.pop(family, None)
            elif health.last_error == _ROUTE_GONE:
                since = self._gone_since.setdefault(family, health.last_failure or now)
                is_gone |= shown_before or now - since >= ROUTE_GONE_FOR_GOOD
        if is_gone:
            raise_issue(self._hass, self._entry, IssueKind.ENDPOINT_GONE)
        elif not self._gone_since:
            clear_issue(self._hass, self._entry, IssueKind.ENDPOINT_GONE)

    def _look_at_chargers(self, site: SiteSnapshot) -> None:
        """Offer the chargers that nobody has seen yet.

        Entries that do not tell what was left out on purpose are offered all: to ignore an offer is easier than to
        miss a charger.
        """
        left_out = self._entry.data.get(CONF_LEFT_OUT, ())
        before = _issue_ids(self._hass, self._entry, IssueKind.NEW_CHARGER)
        for serial, name in site.others.items():
            if serial in left_out:
                continue
            before.discard(_issue_id(self._entry, IssueKind.NEW_CHARGER, serial))
            owner = other_owner(self._hass, serial, self._entry) or self._entry
            raise_issue(
                self._hass, self._entry, IssueKind.NEW_CHARGER, serial=serial, charger=name, other_site=owner.title
            )
        for issue_id in before:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _look_at_program(self, vpp: VppCoordinator) -> None:
        if vpp.given_program_id_is_unknown:
            raise_issue(self._hass, self._entry, IssueKind.VPP_PROGRAM_INVALID)
        else:
            clear_issue(self._hass, self._entry, IssueKind.VPP_PROGRAM_INVALID)


def _local_time(moment: datetime) -> str:
    return f"{dt_util.as_local(moment):%Y-%m-%d %H:%M}"


_WATCHES: Final[HassKey[dict[str, IssueWatch]]] = HassKey(f"{DOMAIN}.issues")


@callback
def issue_watch(hass: HomeAssistant, entry: ConfigEntry) -> IssueWatch:
    """Return the watch of an entry."""
    watches = hass.data.setdefault(_WATCHES, {})
    if entry.entry_id not in watches:
        watches[entry.entry_id] = IssueWatch(hass, entry)
    return watches[entry.entry_id]


@callback
def forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Drop all repairs of an entry that is removed."""
    issue_watch(hass, entry).clear(forget_ignored=True)
    del hass.data[_WATCHES][entry.entry_id]


async def async_create_fix_flow(hass: HomeAssistant, issue_id: str, data: IssueData | None) -> RepairsFlow:
    """Start what repairs an issue."""
    data = data or {}
    entry_id, serial = str(data.get("entry_id")), data.get("serial")
    return AddChargerFlow(entry_id, serial) if isinstance(serial, str) else TryAgainFlow(entry_id)


class _ConfirmedFlow(RepairsFlow):
    """A repair of one step: a person reads what will be done and confirms it."""

    def __init__(self, entry_id: str) -> None:
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
            step_id=self._step_id,
            data_schema=probatio.Schema({}),
            errors={"base": error} if error else {},
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    @property
    def _step_id(self) -> str:
        return "confirm"


class AddChargerFlow(_ConfirmedFlow):
    """Adds a charger that the cloud lists to the entry of its site, or moves it there from another one."""

    def __init__(self, entry_id: str, serial: str) -> None:
        super().__init__(entry_id)
        self._serial = serial

    @override
    async def _async_repair(self, entry: EnphaseConfigEntry) -> RepairsFlowResult:
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason=_NO_ENTRY)
        coordinator = entry.runtime_data.chargers
        serials = entry.data[CONF_SERIALS]
        if self._serial in serials:
            return self.async_create_entry(data={})
        if self._serial not in coordinator.data.others:
            return self.async_abort(reason="charger_gone")
        owner = other_owner(self.hass, self._serial, entry)
        if owner is not None:
            await async_give_up(self.hass, owner, [self._serial])
        data = {**entry.data, CONF_SERIALS: [*serials, self._serial]}
        self.hass.config_entries.async_update_entry(entry, data=data)
        if owner is None:
            await coordinator.async_refresh()
        else:
            await self.hass.config_entries.async_reload(entry.entry_id)
        return self.async_create_entry(data={})

    async def async_step_move(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Move the charger once that is confirmed."""
        return await self.async_step_confirm(user_input)

    @property
    @override
    def _step_id(self) -> str:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        return "move" if other_owner(self.hass, self._serial, entry) else "confirm"


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
