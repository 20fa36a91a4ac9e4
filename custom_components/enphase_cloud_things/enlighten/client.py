"""The Enlighten cloud as typed methods, one for each thing to ask or to command."""

from contextlib import suppress
from http import HTTPStatus
from typing import Final

from . import endpoints
from .caller import Caller, unread
from .endpoints import Call, Endpoint
from .errors import (
    AlreadyCharging,
    CommandOutcomeUnknown,
    CommandRejected,
    LevelRefused,
    NoScheduleEnabled,
    NotCharging,
    NotPluggedIn,
    NotReady,
    NotSupported,
    Refusal,
    RouteGone,
    ServiceUnavailable,
)
from .grid_services import GridServicesClient
from .history import HistoryClient
from .models.chargers import ChargerSummary, SiteStatus, read_summaries
from .models.firmware import FirmwareDetails, read_firmware
from .models.modes import (
    CONFIGURATION_KEYS,
    USE_BATTERY,
    ChargeMode,
    ConfigurationValue,
    GreenSettings,
    ModePreference,
    read_configuration,
)
from .models.site import CommandReply, LiveStream, Site, TriggerMessage, read_sites
from .monetary import MonetaryClient
from .schedules import SchedulesClient
from .session.session import Session
from .transport import Transport
from .wire import JsonValue

_NO_SCHEDULE_ENABLED: Final = "iqevc_sch_10031"
_NOT_PLUGGED_IN: Final = "iqevc_ms-10008"
_ALREADY_CHARGING: Final = "iqevc_ms-10012"
_REFUSES_TOKENS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_STATE_CONFLICT: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND})
_NOTHING_TO_STOP: Final = _STATE_CONFLICT | {HTTPStatus.BAD_REQUEST}


class EnlightenClient:
    """Everything that one account can ask of and command in the cloud.

    All methods raise the errors of `errors.py`. The reads share these: `ConnectionFailed`, `ServiceUnavailable` (with
    `RateLimited`), `AuthenticationRequired`, `NotSupported` and `InvalidResponse`. The commands share
    `CommandRejected`, for which nothing has happened, and `CommandOutcomeUnknown`, after which a read must come before
    any repeat; that a command was accepted means that it is queued, never that it took effect. A read that is `urgent`
    is wanted as evidence for a command: it is sent even while the client backs off from its family, and does not queue
    behind other reads.

    What is about schedules, a grid operator, money or the past has a client of its own: `schedules`, `grid_services`,
    `monetary` and `history`. Their reads can be done without, so a refused session is `ServiceUnavailable` there and
    never renewed. `timeout` is in seconds for each request; clients of different sites share session and transport.
    """

    def __init__(self, session: Session, transport: Transport, *, timeout: float | None = None) -> None:
        self.session = session
        self.transport = transport
        self._caller = Caller(session, transport, timeout=timeout)
        self.schedules = SchedulesClient(self._caller)
        self.grid_services = GridServicesClient(self._caller)
        self.monetary = MonetaryClient(self._caller)
        self.history = HistoryClient(self._caller)
        # The route that worked, per charger and for the fields that are sent: a stop, a start with or without a level
        self._routes: dict[tuple[str, tuple[str, ...]], Endpoint] = {}

    def with_timeout(self, timeout: float) -> EnlightenClient:
        """Return a client of the same account whose requests may take that many seconds."""
        return EnlightenClient(self.session, self.transport, timeout=timeout)

    async def sites(self) -> tuple[Site, ...]:
        """List the sites of the account (docs/api.md §3.1)."""
        return await self._caller.call(Call(endpoints.SITES), read_sites)

    async def status(self, site_id: str, *, urgent: bool = False) -> SiteStatus:
        """Read the live status of all chargers of a site (docs/api.md §4)."""
        return await self._caller.call(Call(endpoints.STATUS, site_id=site_id, urgent=urgent), SiteStatus.from_wire)

    async def chargers(self, site_id: str) -> tuple[ChargerSummary, ...]:
        """Read the metadata of all chargers of a site that are not retired (docs/api.md §3.2)."""
        return await self._caller.call(Call(endpoints.SUMMARY, site_id=site_id), read_summaries)

    async def firmware(self, site_id: str) -> tuple[FirmwareDetails, ...]:
        """Read the installed and the target firmware of each charger; some accounts may not (docs/api.md §3.3)."""
        return await self._caller.call(Call(endpoints.FIRMWARE, site_id=site_id), read_firmware)

    async def charge_mode(self, site_id: str, serial: str, *, urgent: bool = False) -> ModePreference:
        """Read the stored charge mode and what else is on offer (docs/api.md §6.1)."""
        return await self._caller.call(
            Call(endpoints.PREFERENCE, site_id=site_id, serial=serial, urgent=urgent), ModePreference.from_wire
        )

    async def set_charge_mode(self, site_id: str, serial: str, mode: ChargeMode) -> None:
        """Store another charge mode (docs/api.md §6.1).

        Raises:
            NoScheduleEnabled: Scheduled was asked for, and no schedule is enabled.
            CommandOutcomeUnknown: also for any other 400, which may have been applied all the same.
        """
        try:
            await self._caller.call(
                Call(endpoints.SET_PREFERENCE, site_id=site_id, serial=serial, json={"mode": mode}), unread
            )
        except CommandRejected as err:
            if err.refusal.code == _NO_SCHEDULE_ENABLED:
                raise NoScheduleEnabled(err.refusal) from None
            if err.refusal.http_status == HTTPStatus.BAD_REQUEST:
                raise CommandOutcomeUnknown(err.refusal) from None
            raise

    async def green_settings(self, site_id: str, serial: str, *, urgent: bool = False) -> GreenSettings:
        """Read the settings of green charging (docs/api.md §6.3)."""
        return await self._caller.call(
            Call(endpoints.GREEN_SETTINGS, site_id=site_id, serial=serial, urgent=urgent), GreenSettings.from_wire
        )

    async def set_use_battery(self, site_id: str, serial: str, enabled: bool) -> None:
        """Let the home battery feed green charging, or not (docs/api.md §6.3)."""
        setting: JsonValue = {"chargerSettingName": USE_BATTERY, "enabled": enabled, "value": None, "loader": False}
        await self._caller.call(
            Call(endpoints.SET_GREEN_SETTINGS, site_id=site_id, serial=serial, json={"chargerSettingList": [setting]}),
            unread,
        )

    async def configuration(self, site_id: str, serial: str, *, urgent: bool = False) -> tuple[ConfigurationValue, ...]:
        """Read the settings of a charger; those it does not have are missing (docs/api.md §6.5).

        Some sites answer only to cookies, so a refusal is followed by one try without tokens.
        """
        keys: JsonValue = [{"key": key} for key in CONFIGURATION_KEYS]
        try:
            return await self._caller.call(
                Call(endpoints.CONFIGURATION, site_id=site_id, serial=serial, json=keys, urgent=urgent),
                read_configuration,
            )
        except (NotSupported, ServiceUnavailable) as err:
            if err.refusal is None or err.refusal.http_status not in _REFUSES_TOKENS:
                raise
        return await self._caller.call(
            Call(
                endpoints.CONFIGURATION_BY_COOKIES, site_id=site_id, serial=serial, json=keys, fresh=True, urgent=urgent
            ),
            read_configuration,
        )

    async def configure(self, site_id: str, serial: str, key: str, value: str | int) -> None:
        """Change one setting of a charger (docs/api.md §6.5).

        `DefaultChargeLevel` takes amps, `sessionAuthentication` `enabled` or `disabled`.
        """
        await self._caller.call(
            Call(endpoints.CONFIGURE, site_id=site_id, serial=serial, json=[{"key": key, "value": value}]), unread
        )

    async def start_charging(
        self, site_id: str, serial: str, *, level: int | None, connector_id: int = 1
    ) -> CommandReply:
        """Start a session with `level` amps or, for `None`, without saying how many (docs/api.md §5.1).

        In green and smart mode a level makes the charger run manually at full power, so none belongs there.

        Raises:
            NotPluggedIn: no car is plugged in.
            AlreadyCharging: a session runs; its amps are unchanged.
            NotReady: the state of the charger forbids it, and the cloud does not say why.
            LevelRefused: this model or mode does not take the level, and never will.
            RouteGone: the cloud knows none of the routes.
        """
        json: dict[str, JsonValue] = {"connectorId": connector_id}
        if level is not None:
            json["chargingLevel"] = level
        try:
            return await self._by_route(endpoints.START_ROUTES, site_id, serial, json)
        except LevelRefused:
            raise
        except CommandRejected as err:
            raise _start_refused(err.refusal) from None

    async def stop_charging(self, site_id: str, serial: str) -> CommandReply:
        """Stop the session; the request waits for nothing (docs/api.md §5.2).

        Raises:
            NotCharging: the cloud sees nothing to stop; only the status can confirm that.
            RouteGone: the cloud knows none of the routes.
        """
        try:
            return await self._by_route(endpoints.STOP_ROUTES, site_id, serial)
        except CommandRejected as err:
            raise _stop_refused(err.refusal) from None

    async def trigger_message(self, site_id: str, serial: str, message: TriggerMessage) -> CommandReply:
        """Have the charger send an OCPP message to the cloud (docs/api.md §5.4)."""
        return await self._caller.call(
            Call(endpoints.TRIGGER_MESSAGE, site_id=site_id, serial=serial, json={"requestedMessage": message}),
            CommandReply.from_wire,
        )

    async def start_live_stream(self, site_id: str) -> LiveStream:
        """Make the chargers of a site report more often for a while (docs/api.md §5.5)."""
        return await self._caller.call(Call(endpoints.START_LIVE_STREAM, site_id=site_id), LiveStream.from_wire)

    async def stop_live_stream(self, site_id: str) -> None:
        """End the live stream of a site (docs/api.md §5.5)."""
        await self._caller.call(Call(endpoints.STOP_LIVE_STREAM, site_id=site_id), unread)

    async def _by_route(
        self, routes: tuple[Endpoint, ...], site_id: str, serial: str, json: dict[str, JsonValue] | None = None
    ) -> CommandReply:
        """Send a command over the first route that exists, the known one first; any other answer is final."""
        key = (serial, tuple(json or ()))
        *others, last = sorted(routes, key=lambda route: route is not self._routes.get(key))

        async def send(route: Endpoint) -> CommandReply:
            reply = await self._caller.call(
                Call(route, site_id=site_id, serial=serial, json=json), CommandReply.from_wire
            )
            self._routes[key] = route
            return reply

        for route in others:
            with suppress(RouteGone):
                return await send(route)
        return await send(last)


def _start_refused(refusal: Refusal) -> CommandRejected:
    """Return what a refused start means."""
    if refusal.code == _NOT_PLUGGED_IN or (refusal.code is None and "not plugged" in refusal.words):
        return NotPluggedIn(refusal)
    if refusal.code == _ALREADY_CHARGING or (refusal.code is None and "already in charging" in refusal.words):
        return AlreadyCharging(refusal)
    # Some models answer 404 to a start while they charge
    return NotReady(refusal) if refusal.http_status in _STATE_CONFLICT else CommandRejected(refusal)


def _stop_refused(refusal: Refusal) -> CommandRejected:
    """Return what a refused stop means."""
    is_stopped = "already in stopped" in refusal.words
    if is_stopped or refusal.http_status in _NOTHING_TO_STOP or refusal.code == _NOT_PLUGGED_IN:
        return NotCharging(refusal)
    return CommandRejected(refusal)
