"""Chargers as the cloud reports them: live status and metadata.

Energies are kWh, times are aware UTC datetimes, currents are amperes, distances are miles (the
cloud's only unit). `None` always means "the cloud did not say".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..bounds import (
    AMPS,
    CODE,
    CONNECTOR,
    LIFETIME_WATT_HOURS,
    MILES,
    MONEY,
    PHASES,
    REPORTING_SECONDS,
    SESSION_WATT_HOURS,
    VOLTS,
)
from ..errors import InvalidResponse
from ..redact import scrub
from ..wire import Fields, JsonValue, Oddities, rows
from .networks import local_address

_WH_PER_KWH: Final = 1000
# The flat shape carries kWh; nobody charges a car with more in one session
_LARGEST_FLAT_KWH: Final = 100


class ConnectorState(StrEnum):
    """Known values of `connectorStatusType` (docs/api.md §4.6). The model keeps unknown ones as text."""

    AVAILABLE = "AVAILABLE"
    PREPARING = "PREPARING"
    CHARGING = "CHARGING"
    FINISHING = "FINISHING"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_EV = "SUSPENDED_EV"
    SUSPENDED_EVSE = "SUSPENDED_EVSE"
    RESERVED = "RESERVED"
    UNAVAILABLE = "UNAVAILABLE"
    FAULTED = "FAULTED"


SESSION_ACTIVE_STATES: Final = frozenset(
    {ConnectorState.CHARGING, ConnectorState.FINISHING, ConnectorState.SUSPENDED, ConnectorState.SUSPENDED_EV}
)
DRAWING_POWER_STATES: Final = frozenset({ConnectorState.CHARGING, ConnectorState.FINISHING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One outlet of a charger (docs/api.md §4.5).

    `state` is upper-case text, a `ConnectorState` where known. `safe_limit` says that the current is held at the
    charger's minimum; it means something only while charging.
    """

    connector_id: int = 1
    state: str | None = None
    info: str | None = None
    reason: str | None = None
    safe_limit: bool | None = None
    load_balancing_active: bool | None = None
    plugged_in: bool | None = None
    commissioned: bool | None = None

    @classmethod
    def from_wire(cls, row: Fields, *, number: int, charger: Fields) -> Connector:
        """Read the connector that is listed in place `number`, from 1."""
        safe_limit = row.boolean("safeLimitState")
        return cls(
            connector_id=row.integer(CONNECTOR, "connectorId") or number,
            state=row.word(ConnectorState, "connectorStatusType"),
            info=_free_text(row.text("connectorStatusInfo")),
            reason=_free_text(row.text("connectorStatusReason")),
            safe_limit=charger.boolean("safeLimitState") if safe_limit is None else safe_limit,
            load_balancing_active=row.boolean("dlbActive"),
            plugged_in=row.boolean("pluggedIn"),
            commissioned=row.boolean("commissioned"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """The running session, or the last one while idle (docs/api.md §4.5 `session_d`).

    `energy` is kWh whatever the shape on the wire was. `cost` is in the site's currency and often
    arrives hours later.
    """

    energy: float | None = None
    started_at: datetime | None = None
    plugged_in_at: datetime | None = None
    unplugged_at: datetime | None = None
    range_miles: float | None = None
    cost: float | None = None
    charge_level: int | None = None

    @classmethod
    def from_wire(cls, row: Fields, *, energy: Callable[[float | None], float | None]) -> ChargingSession:
        """Read `session_d`; `energy` turns its energy into kWh."""
        return cls(
            energy=energy(row.number(SESSION_WATT_HOURS, "e_c")),
            started_at=row.time("strt_chrg", "start_time"),
            plugged_in_at=row.time("plg_in_at"),
            unplugged_at=row.time("plg_out_at"),
            range_miles=row.number(MILES, "miles"),
            cost=row.number(MONEY, "session_cost", "sessionCost"),
            charge_level=row.integer(AMPS, "charge_level", "chargeLevel", "chargingLevel", "charging_level"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerStatus:
    """Live status of one charger (docs/api.md §4).

    `reported_at` is the charger's own report time and so the sample time of everything measured.
    `mode` is the cloud's number for the *effective* mode (0 manual, 1 green), never the stored
    preference. `active_schedule` is the type of the first schedule entry while there is a schedule.
    `partial` marks the keyed shape, which carries four fields only.
    """

    serial: str = field(repr=False)
    name: str | None = None
    connected: bool | None = None
    plugged_in: bool | None = None
    charging: bool | None = None
    faulted: bool | None = None
    commissioned: bool | None = None
    mode: int | None = None
    charge_level: int | None = None
    reported_at: datetime | None = None
    offline_at: datetime | None = None
    active_schedule: str | None = None
    session: ChargingSession | None = None
    connectors: tuple[Connector, ...] = ()
    partial: bool = False

    @classmethod
    def from_wire(cls, row: Fields, *, energy: Callable[[float | None], float | None]) -> ChargerStatus:
        """Read a charger of the nested or the flat shape; `energy` turns that of a session into kWh.

        Raises:
            InvalidResponse: the row has no serial.
        """
        serial = row.identifier("sn")
        if serial is None:
            raise InvalidResponse(f"{row.path}.sn")
        connectors = _connectors(row)
        return cls(
            serial=serial,
            name=row.text("displayName", "name"),
            connected=row.boolean("connected"),
            plugged_in=_any_known(row.boolean("pluggedIn"), *(connector.plugged_in for connector in connectors)),
            charging=row.boolean("charging"),
            faulted=row.boolean("faulted"),
            commissioned=row.boolean("commissioned", "isCommissioned"),
            mode=row.integer(CODE, "mode"),
            charge_level=row.integer(AMPS, "chargingLevel", "charging_level", "charginglevel"),
            reported_at=row.time("lst_rpt_at"),
            offline_at=row.time("offlineAt"),
            active_schedule=_active_schedule(row.fields("sch_d")),
            session=ChargingSession.from_wire(row.fields("session_d"), energy=energy)
            if isinstance(row.raw("session_d"), dict)
            else None,
            connectors=connectors,
        )


def _connectors(row: Fields) -> tuple[Connector, ...]:
    listed = row.rows("connectors")
    if not listed and "connectorStatusType" in row:
        # The flat shape has the fields of its only connector among those of the charger
        listed = (row,)
    return tuple(
        Connector.from_wire(connector, number=number, charger=row) for number, connector in enumerate(listed, start=1)
    )


def _free_text(text: str | None) -> str | None:
    """Keep whatever words the cloud chooses, without what in them could be an identifier."""
    return scrub(text) if text else None


def _any_known(*values: bool | None) -> bool | None:
    known = [value for value in values if value is not None]
    return any(known) if known else None


def _active_schedule(schedule: Fields) -> str | None:
    """Return the type of the first entry of `sch_d`, of either shape."""
    if schedule.boolean("status") is False or schedule.boolean("enabled") is False:
        return None
    entries = schedule.rows("info")
    return entries[0].text("type") if entries else schedule.text("mode")


def _kwh_of_wh(energy: float | None) -> float | None:
    return None if energy is None else energy / _WH_PER_KWH


def _kwh_of_flat(energy: float | None) -> float | None:
    if energy is not None and energy < _LARGEST_FLAT_KWH:
        return energy
    return _kwh_of_wh(energy)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatus:
    """Live status of all chargers of a site, and its time zone (IANA name) where the cloud gave it.

    `server_time` is left out of comparisons: two answers that differ in nothing else say the same.
    """

    chargers: tuple[ChargerStatus, ...]
    time_zone: str | None = None
    server_time: datetime | None = field(default=None, compare=False)

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> SiteStatus:
        """Read a status of any shape; which one it is, its form decides (docs/api.md §4.2-§4.4).

        Raises:
            InvalidResponse: the reply has none of the shapes.
        """
        reply = Fields.of_reply(value, "status", oddities)
        data = reply.raw("data")
        server_time = reply.fields("meta").time("serverTimeStamp")
        if "evChargerData" in reply:
            chargers = _chargers_of(reply.rows("evChargerData"), _kwh_of_flat)
            return cls(chargers=chargers, server_time=server_time or reply.time("ts"))
        if data is None or data == []:
            return cls(chargers=(), server_time=server_time)
        site = reply.fields("data")
        if not isinstance(data, dict):
            raise InvalidResponse(site.path)
        time_zone = site.text("tz")
        if "chargers" in site:
            chargers = _chargers_of(site.rows("chargers"), _kwh_of_wh)
        elif "evChargerData" in site:
            chargers = _chargers_of(site.rows("evChargerData"), _kwh_of_flat)
        else:
            chargers = tuple(_keyed(serial, row) for serial, row in site.entries() if _is_keyed(row))
            if data and not chargers:
                # Neither a site without chargers nor one of them
                raise InvalidResponse(site.path)
        return cls(chargers=chargers, time_zone=time_zone, server_time=server_time)


def _is_keyed(row: Fields) -> bool:
    return any(name in row for name in ("connected", "pluggedIn", "charging", "lst_rpt_at"))


def _keyed(serial: str, row: Fields) -> ChargerStatus:
    """Read a charger of the keyed shape, which says little about it."""
    return ChargerStatus(
        serial=serial,
        connected=row.boolean("connected"),
        plugged_in=row.boolean("pluggedIn"),
        charging=row.boolean("charging"),
        reported_at=row.time("lst_rpt_at"),
        partial=True,
    )


def _chargers_of(
    listed: tuple[Fields, ...], energy: Callable[[float | None], float | None]
) -> tuple[ChargerStatus, ...]:
    chargers = []
    for row in listed:
        try:
            chargers.append(ChargerStatus.from_wire(row, energy=energy))
        except InvalidResponse:
            row.unreadable("sn")
    return tuple(chargers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSummary:
    """Metadata of one charger (docs/api.md §3.2).

    `lifetime_energy` is kWh; `amps_min`, `amps_max` and `amps_step` are the levels a person may
    choose; `max_current`, `breaker_rating` and `rated_current` are A; `operating_voltage` is V;
    `reporting_interval` is s; `connection` is the active interface in lower case; `ip_address`
    belongs to that interface. `phase_mode` keeps the cloud's text or number. `has_neutral` is known
    only where the cloud describes the wiring. `owner_control` is false where the account may only look: commands are
    refused with 403. `default_charge_level` is `None` when disabled.
    """

    serial: str = field(repr=False)
    name: str | None = None
    model: str | None = None
    model_id: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    lifetime_energy: float | None = None
    amps_min: int | None = None
    amps_max: int | None = None
    amps_step: int | None = None
    default_charge_level: int | None = None
    max_current: int | None = None
    breaker_rating: int | None = None
    rated_current: int | None = None
    operating_voltage: int | None = None
    phase_mode: str | None = None
    phase_count: int | None = None
    has_neutral: bool | None = None
    load_balancing: bool | None = None
    supports_use_battery: bool | None = None
    connected: bool | None = None
    retired: bool | None = None
    commissioned: bool | None = None
    owner_control: bool | None = None
    connection: str | None = None
    ip_address: str | None = field(default=None, repr=False)
    reporting_interval: int | None = None
    reported_at: datetime | None = None
    time_zone: str | None = None

    @classmethod
    def from_wire(cls, row: Fields) -> ChargerSummary:
        """Read the metadata of one charger.

        Raises:
            InvalidResponse: the row has no serial.
        """
        serial = row.identifier(*_SERIAL)
        if serial is None:
            raise InvalidResponse(f"{row.path}.{_SERIAL[0]}")
        levels = row.fields("chargeLevelDetails")
        voltage = row.number(VOLTS, "operatingVoltage")
        connection = row.text("activeConnection")
        connection = connection.lower() if connection else None
        return cls(
            serial=serial,
            name=row.text("displayName"),
            model=row.text("modelName", "model"),
            model_id=row.identifier("modelId", "sku", "partNumber"),
            firmware=row.text("firmwareVersion", "systemVersion", "applicationVersion", "softwareVersion"),
            hardware=row.scalar("hwVersion", "hardwareVersion", "processorBoardVersion", "powerBoardVersion"),
            lifetime_energy=_kwh_of_wh(row.number(LIFETIME_WATT_HOURS, "lifeTimeConsumption")),
            amps_min=levels.integer(AMPS, "min"),
            amps_max=levels.integer(AMPS, "max"),
            amps_step=levels.integer(AMPS, "granularity"),
            default_charge_level=_default_level(levels),
            max_current=row.integer(AMPS, "maxCurrent"),
            breaker_rating=row.integer(AMPS, "breakerRating"),
            rated_current=row.integer(AMPS, "ratedCurrent"),
            operating_voltage=round(voltage) if voltage else None,
            phase_mode=row.scalar("phaseMode"),
            phase_count=row.integer(PHASES, "phaseCount"),
            has_neutral=_has_neutral(row),
            load_balancing=row.boolean("dlbEnabled"),
            supports_use_battery=row.boolean("supportsUseBattery"),
            connected=row.boolean("isConnected"),
            retired=row.boolean("isRetired"),
            commissioned=row.boolean("commissioningStatus"),
            owner_control=row.boolean("hoControl"),
            connection=connection,
            ip_address=local_address(row, connection),
            reporting_interval=row.integer(REPORTING_SECONDS, "reportingInterval"),
            reported_at=row.time("lastReportedAt"),
            time_zone=row.text("timezone"),
        )


def read_summaries(value: JsonValue, oddities: Oddities) -> tuple[ChargerSummary, ...]:
    """Read the metadata of all chargers: a bare list, a list or one object under `data`.

    Raises:
        InvalidResponse: the reply has none of these shapes.
    """
    summaries = []
    for row in _summary_rows(value, oddities):
        try:
            summaries.append(ChargerSummary.from_wire(row))
        except InvalidResponse:
            row.unreadable(_SERIAL[0])
    return tuple(summaries)


_SERIAL: Final = ("serialNumber", "serial", "sn", "id")
_LISTS: Final = ("chargers", "evChargerData", "evses", "devices", "items")


def _summary_rows(value: JsonValue, oddities: Oddities) -> tuple[Fields, ...]:
    if isinstance(value, list):
        return rows(value, "summary", oddities)
    reply = Fields.of_reply(value, "summary", oddities)
    data = reply.raw("data")
    if data is None:
        return ()
    if isinstance(data, list):
        return reply.rows("data")
    charger = reply.fields("data")
    if not isinstance(data, dict):
        raise InvalidResponse(charger.path)
    if any(name in charger for name in _LISTS):
        return charger.rows(*_LISTS)
    return (charger,) if data else ()


def _default_level(levels: Fields) -> int | None:
    text = levels.scalar("defaultChargeLevel")
    if text is None or text.lower() == "disabled":
        return None
    return levels.integer(AMPS, "defaultChargeLevel")


def _has_neutral(row: Fields) -> bool | None:
    wiring = row.raw("wiringConfiguration")
    if not isinstance(wiring, dict) or not wiring:
        return None
    words = {word.lower() for item in wiring.items() for word in item if isinstance(word, str)}
    return not words.isdisjoint({"n", "neutral"})
