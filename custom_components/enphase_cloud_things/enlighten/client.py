"""The Enlighten cloud as typed methods, one for each thing to ask or to command."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from . import endpoints
from .caller import Caller
from .control import NO_SCHEDULE_ENABLED, TriggerMessage, start_body, start_refused, stop_refused
from .endpoints import Endpoint
from .errors import (
    CommandOutcomeUnknown,
    CommandRejected,
    LevelRefused,
    NoScheduleEnabled,
    NotSupported,
    RouteGone,
    ServiceUnavailable,
)
from .grid_services import GridServicesClient
from .history import HistoryClient
from .models.chargers import ChargerSummary, SiteStatus, read_summaries
from .models.modes import (
    CONFIGURATION_KEYS,
    USE_BATTERY,
    ChargeMode,
    ConfigurationValue,
    GreenSettings,
    ModePreference,
    read_configuration,
)
from .models.site import CommandReply, LiveStream, Site, read_sites
from .monetary import MonetaryClient
from .signing_in.session import Session
from .transport import Transport
from .wire import JsonValue, Oddities

_REFUSES_TOKENS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class EnlightenClient:
    """Everything that one account can ask of and command in the cloud.

    All methods raise the errors of `errors.py`. The reads share these: `ConnectionFailed`,
    `ServiceUnavailable` (with `RateLimited`), `AuthenticationRequired`, `NotSupported` and
    `InvalidResponse`. The commands share `CommandRejected`, for which nothing has happened, and
    `CommandOutcomeUnknown`, after which a read must come before any repeat; that a command was
    accepted means that it is queued, never that it took effect. A read that is `fresh` is sent even
    while the client backs off from its family, such as to look for the effect of a command.

    What is about a grid operator, money or the past has a client of its own: `grid_services`, `monetary` and
    `history`. Their reads can be done without, so a refused session is `ServiceUnavailable` there and never renewed.
    """

    def __init__(self, session: Session, transport: Transport) -> None:
        self._session = session
        self._transport = transport
        self._caller = Caller(session, transport)
        self._oddities = Oddities()
        self.grid_services = GridServicesClient(self._caller, self._oddities)
        self.monetary = MonetaryClient(self._caller, self._oddities)
        self.history = HistoryClient(self._caller, self._oddities)
        # The route that worked, per charger and for starts with and without a level
        self._start_routes: dict[tuple[str, bool], Endpoint] = {}
        self._stop_routes: dict[str, Endpoint] = {}

    @property
    def session(self) -> Session:
        """The session of the account."""
        return self._session

    @property
    def transport(self) -> Transport:
        """The way to the cloud, with its limits and figures."""
        return self._transport

    async def sites(self) -> tuple[Site, ...]:
        """List the sites of the account (docs/api.md §3.1)."""
        return await self._caller.call(endpoints.SITES, self._reading(read_sites))

    async def status(self, site_id: str, *, fresh: bool = False) -> SiteStatus:
        """Read the live status of all chargers of a site (docs/api.md §4)."""
        return await self._caller.call(
            endpoints.STATUS, self._reading(SiteStatus.from_wire), site_id=site_id, fresh=fresh
        )

    async def chargers(self, site_id: str) -> tuple[ChargerSummary, ...]:
        """Read the metadata of all chargers of a site that are not retired (docs/api.md §3.2)."""
        return await self._caller.call(endpoints.SUMMARY, self._reading(read_summaries), site_id=site_id)

    async def charge_mode(self, site_id: str, serial: str, *, fresh: bool = False) -> ModePreference:
        """Read the stored charge mode and what else is on offer (docs/api.md §6.1)."""
        return await self._caller.call(
            endpoints.PREFERENCE,
            self._reading(ModePreference.from_wire),
            site_id=site_id,
            serial=serial,
            fresh=fresh,
        )

    async def set_charge_mode(self, site_id: str, serial: str, mode: ChargeMode) -> None:
        """Store another charge mode (docs/api.md §6.1).

        Raises:
            NoScheduleEnabled: Scheduled was asked for, and no schedule is enabled.
            CommandOutcomeUnknown: also for any other 400, which may have been applied all the same.
        """
        try:
            await self._caller.call(
                endpoints.SET_PREFERENCE, _nothing, site_id=site_id, serial=serial, json={"mode": mode}
            )
        except CommandRejected as err:
            if err.refusal.code == NO_SCHEDULE_ENABLED:
                raise NoScheduleEnabled(err.refusal) from None
            if err.refusal.http_status == HTTPStatus.BAD_REQUEST:
                raise CommandOutcomeUnknown(err.refusal) from None
            raise

    async def green_settings(self, site_id: str, serial: str, *, fresh: bool = False) -> GreenSettings:
        """Read the settings of green charging (docs/api.md §6.3)."""
        return await self._caller.call(
            endpoints.GREEN_SETTINGS,
            self._reading(GreenSettings.from_wire),
            site_id=site_id,
            serial=serial,
            fresh=fresh,
        )

    async def set_use_battery(self, site_id: str, serial: str, enabled: bool) -> None:
        """Let the home battery feed green charging, or not (docs/api.md §6.3)."""
        setting: JsonValue = {
            "chargerSettingName": USE_BATTERY,
            "enabled": enabled,
            "value": None,
            "loader": False,
        }
        await self._caller.call(
            endpoints.SET_GREEN_SETTINGS,
            _nothing,
            site_id=site_id,
            serial=serial,
            json={"chargerSettingList": [setting]},
        )

    async def configuration(self, site_id: str, serial: str, *, fresh: bool = False) -> tuple[ConfigurationValue, ...]:
        """Read the settings of a charger; those it does not have are missing (docs/api.md §6.5).

        Some sites answer only to cookies, so a refusal is followed by one try without tokens.
        """
        keys: JsonValue = [{"key": key} for key in CONFIGURATION_KEYS]
        read = self._reading(read_configuration)
        try:
            return await self._caller.call(
                endpoints.CONFIGURATION,
                read,
                site_id=site_id,
                serial=serial,
                json=keys,
                fresh=fresh,
                refusal_counts=False,
            )
        except (NotSupported, ServiceUnavailable) as err:
            if err.refusal is None or err.refusal.http_status not in _REFUSES_TOKENS:
                raise
        return await self._caller.call(
            endpoints.CONFIGURATION_BY_COOKIES, read, site_id=site_id, serial=serial, json=keys, fresh=True
        )

    async def configure(self, site_id: str, serial: str, key: str, value: str | int) -> None:
        """Change one setting of a charger (docs/api.md §6.5).

        `DefaultChargeLevel` takes amps, `sessionAuthentication` `enabled` or `disabled`.
        """
        await self._caller.call(
            endpoints.CONFIGURE,
            _nothing,
            site_id=site_id,
            serial=serial,
            json=[{"key": key, "value": value}],
        )

    async def start_charging(
        self,
        site_id: str,
        serial: str,
        *,
        level: int | None,
        level_optional: bool = False,
        connector_id: int = 1,
    ) -> CommandReply:
        """Start a session with `level` amps or, for `None`, without saying how many (docs/api.md §5.1).

        `level_optional` says that nobody asked for these very amps: a charger that takes no level is
        then started without. In green and smart mode a level makes the charger run manually at full
        power, so none belongs there.

        Raises:
            NotPluggedIn: no car is plugged in.
            AlreadyCharging: a session runs; its amps are unchanged.
            NotReady: the state of the charger forbids it, and the cloud does not say why.
            LevelRefused: this model or mode takes no level, and the level is not optional.
            RouteGone: the cloud knows none of the routes.
        """
        try:
            return await self._start(site_id, serial, level, connector_id)
        except LevelRefused:
            if level is None or not level_optional:
                raise
        return await self._start(site_id, serial, None, connector_id)

    async def stop_charging(self, site_id: str, serial: str) -> CommandReply:
        """Stop the session (docs/api.md §5.2).

        Raises:
            NotCharging: the cloud sees nothing to stop; only the status can confirm that.
            RouteGone: the cloud knows none of the routes.
        """
        routes = _known_first(endpoints.STOP_ROUTES, self._stop_routes.get(serial))
        try:
            route, reply = await self._first_route(routes, site_id, serial, None)
        except CommandRejected as err:
            raise stop_refused(err.refusal) from None
        self._stop_routes[serial] = route
        return reply

    async def trigger_message(self, site_id: str, serial: str, message: TriggerMessage) -> CommandReply:
        """Have the charger send an OCPP message to the cloud (docs/api.md §5.4)."""
        return await self._caller.call(
            endpoints.TRIGGER_MESSAGE,
            self._reading(CommandReply.from_wire),
            site_id=site_id,
            serial=serial,
            json={"requestedMessage": message},
        )

    async def start_live_stream(self, site_id: str) -> LiveStream:
        """Make the chargers of a site report more often for a while (docs/api.md §5.5)."""
        return await self._caller.call(
            endpoints.START_LIVE_STREAM, self._reading(LiveStream.from_wire), site_id=site_id
        )

    async def stop_live_stream(self, site_id: str) -> None:
        """End the live stream of a site (docs/api.md §5.5)."""
        await self._caller.call(endpoints.STOP_LIVE_STREAM, _nothing, site_id=site_id)

    async def _start(self, site_id: str, serial: str, level: int | None, connector_id: int) -> CommandReply:
        key = (serial, level is not None)
        routes = _known_first(endpoints.START_ROUTES, self._start_routes.get(key))
        try:
            route, reply = await self._first_route(routes, site_id, serial, start_body(level, connector_id))
        except LevelRefused:
            raise
        except CommandRejected as err:
            raise start_refused(err.refusal) from None
        self._start_routes[key] = route
        return reply

    async def _first_route(
        self, routes: tuple[Endpoint, ...], site_id: str, serial: str, json: JsonValue
    ) -> tuple[Endpoint, CommandReply]:
        """Send a command over the first route that exists; any other answer is final."""
        read = self._reading(CommandReply.from_wire)
        *others, last = routes
        for route in others:
            try:
                return route, await self._caller.call(route, read, site_id=site_id, serial=serial, json=json)
            except RouteGone:
                continue
        return last, await self._caller.call(last, read, site_id=site_id, serial=serial, json=json)

    def _reading[T](self, read: Callable[[JsonValue, Oddities], T]) -> Callable[[JsonValue], T]:
        """Read with the memory of oddities that all replies of this client share."""
        return lambda value: read(value, self._oddities)


def _nothing(_value: JsonValue) -> None:
    """Read nothing: a reply to a command is no evidence of its effect."""


def _known_first(routes: tuple[Endpoint, ...], known: Endpoint | None) -> tuple[Endpoint, ...]:
    return tuple(sorted(routes, key=lambda route: route is not known))
