"""Chargers as the cloud reports them: live status and metadata.

Energies are kWh, times are aware UTC datetimes, currents are amperes, distances are miles (the
cloud's only unit). `None` always means "the cloud did not say".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..errors import InvalidResponse
from ..wire import (
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
    Fields,
    JsonValue,
    Oddities,
    free_text,
    readable,
    rows,
    wire_field,
)
from .networks import local_address

_WH_PER_KWH: Final = 1000
# The flat shape carries kWh; nobody charges a car with more in one session
_LARGEST_FLAT_KWH: Final = 100
_SERIAL: Final = ("serialNumber", "serial", "sn", "id")
_LISTS: Final = ("chargers", "evChargerData", "evses", "devices", "items")


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
    state: str | None = wire_field(lambda row: row.word(ConnectorState, "connectorStatusType"))
    info: str | None = wire_field(lambda row: free_text(row.text("connectorStatusInfo")))
    reason: str | None = wire_field(lambda row: free_text(row.text("connectorStatusReason")))
    safe_limit: bool | None = wire_field(lambda row: row.boolean("safeLimitState"))
    load_balancing_active: bool | None = wire_field(lambda row: row.boolean("dlbActive"))
    plugged_in: bool | None = wire_field(lambda row: row.boolean("pluggedIn"))
    commissioned: bool | None = wire_field(lambda row: row.boolean("commissioned"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """The running session, or the last one while idle (docs/api.md §4.5 `session_d`).

    `energy` is kWh whatever the shape on the wire was. `cost` is in the site's currency and often
    arrives hours later.
    """

    energy: float | None = None
    started_at: datetime | None = wire_field(lambda row: row.time("strt_chrg", "start_time"))
    plugged_in_at: datetime | None = wire_field(lambda row: row.time("plg_in_at"))
    unplugged_at: datetime | None = wire_field(lambda row: row.time("plg_out_at"))
    range_miles: float | None = wire_field(lambda row: row.number(MILES, "miles"))
    cost: float | None = wire_field(lambda row: row.number(MONEY, "session_cost", "sessionCost"))
    charge_level: int | None = wire_field(
        lambda row: row.integer(AMPS, "charge_level", "chargeLevel", "chargingLevel", "charging_level")
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
    name: str | None = wire_field(lambda row: row.text("displayName", "name"))
    connected: bool | None = wire_field(lambda row: row.boolean("connected"))
    plugged_in: bool | None = None
    charging: bool | None = wire_field(lambda row: row.boolean("charging"))
    faulted: bool | None = wire_field(lambda row: row.boolean("faulted"))
    commissioned: bool | None = wire_field(lambda row: row.boolean("commissioned", "isCommissioned"))
    mode: int | None = wire_field(lambda row: row.integer(CODE, "mode"))
    charge_level: int | None = wire_field(
        lambda row: row.integer(AMPS, "chargingLevel", "charging_level", "charginglevel")
    )
    reported_at: datetime | None = wire_field(lambda row: row.time("lst_rpt_at"))
    active_schedule: str | None = wire_field(lambda row: _active_schedule(row.fields("sch_d")))
    session: ChargingSession | None = None
    connectors: tuple[Connector, ...] = ()
    partial: bool = False

    @classmethod
    def from_wire(cls, row: Fields, *, energy: Callable[[float | None], float | None]) -> ChargerStatus:
        """Read a charger of the nested or the flat shape; `energy` turns that of a session into kWh.

        Raises:
            InvalidResponse: the row has no serial.
        """
        connectors, session = _connectors(row), row.fields("session_d")
        return row.build(
            cls,
            serial=row.required("sn"),
            plugged_in=_any_known(row.boolean("pluggedIn"), *(connector.plugged_in for connector in connectors)),
            session=session.build(ChargingSession, energy=energy(session.number(SESSION_WATT_HOURS, "e_c")))
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
        connector.build(
            Connector,
            connector_id=connector.integer(CONNECTOR, "connectorId") or number,
            # Older firmware has it once, among the fields of the charger
            safe_limit=(connector if connector.boolean("safeLimitState") is not None else row).boolean(
                "safeLimitState"
            ),
        )
        for number, connector in enumerate(listed, start=1)
    )


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
    """Live status of all chargers of a site, and its time zone (IANA name) where the cloud gave it."""

    chargers: tuple[ChargerStatus, ...]
    time_zone: str | None = None

    @classmethod
    def from_wire(cls, value: JsonValue, oddities: Oddities) -> SiteStatus:
        """Read a status of any shape; which one it is, its form decides (docs/api.md §4.2-§4.4)."""
        reply = Fields.of_reply(value, "status", oddities)
        data = reply.raw("data")
        if "evChargerData" in reply:
            return cls(chargers=_chargers_of(reply.rows("evChargerData"), _kwh_of_flat))
        if data is None or data == []:
            return cls(chargers=())
        site = reply.fields("data")
        if not isinstance(data, dict):
            raise InvalidResponse(site.path)
        if "chargers" in site:
            chargers = _chargers_of(site.rows("chargers"), _kwh_of_wh)
        elif "evChargerData" in site:
            chargers = _chargers_of(site.rows("evChargerData"), _kwh_of_flat)
        else:
            chargers = tuple(_keyed(serial, row) for serial, row in site.entries() if _is_keyed(row))
            if data and not chargers:
                # Neither a site without chargers nor one of them
                raise InvalidResponse(site.path)
        return cls(chargers=chargers, time_zone=site.text("tz"))


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
    return readable(listed, lambda row: ChargerStatus.from_wire(row, energy=energy))


def _connection(row: Fields) -> str | None:
    connection = row.text("activeConnection")
    return connection.lower() if connection else None


def _has_neutral(row: Fields) -> bool | None:
    wiring = row.raw("wiringConfiguration")
    if not isinstance(wiring, dict) or not wiring:
        return None
    words = {word.lower() for item in wiring.items() for word in item if isinstance(word, str)}
    return not words.isdisjoint({"n", "neutral"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSummary:
    """Metadata of one charger (docs/api.md §3.2).

    `lifetime_energy` is kWh; `amps_min`, `amps_max` and `amps_step` are the levels a person may choose; `max_current`
    and `rated_current` are A; `operating_voltage` is V; `reporting_interval` is s; `connection` is the active interface
    in lower case; `ip_address` belongs to that interface. `phase_mode` keeps the cloud's text or number. `has_neutral`
    is known only where the cloud describes the wiring. `owner_control` is false where the account may only look:
    commands are refused with 403. `default_charge_level` is `None` when disabled.
    """

    serial: str = wire_field(lambda row: row.required(*_SERIAL), shown=False)
    name: str | None = wire_field(lambda row: row.text("displayName"))
    model: str | None = wire_field(lambda row: row.text("modelName", "model"))
    model_id: str | None = wire_field(lambda row: row.identifier("modelId", "sku", "partNumber"))
    firmware: str | None = wire_field(
        lambda row: row.text("firmwareVersion", "systemVersion", "applicationVersion", "softwareVersion")
    )
    hardware: str | None = wire_field(
        lambda row: row.scalar("hwVersion", "hardwareVersion", "processorBoardVersion", "powerBoardVersion")
    )
    lifetime_energy: float | None = wire_field(
        lambda row: _kwh_of_wh(row.number(LIFETIME_WATT_HOURS, "lifeTimeConsumption"))
    )
    amps_min: int | None = wire_field(lambda row: _levels(row).integer(AMPS, "min"))
    amps_max: int | None = wire_field(lambda row: _levels(row).integer(AMPS, "max"))
    amps_step: int | None = wire_field(lambda row: _levels(row).integer(AMPS, "granularity"))
    default_charge_level: int | None = wire_field(lambda row: _default_level(_levels(row)))
    max_current: int | None = wire_field(lambda row: row.integer(AMPS, "maxCurrent"))
    rated_current: int | None = wire_field(lambda row: row.integer(AMPS, "ratedCurrent"))
    operating_voltage: int | None = wire_field(lambda row: _rounded(row.number(VOLTS, "operatingVoltage")))
    phase_mode: str | None = wire_field(lambda row: row.scalar("phaseMode"))
    phase_count: int | None = wire_field(lambda row: row.integer(PHASES, "phaseCount"))
    has_neutral: bool | None = wire_field(_has_neutral)
    load_balancing: bool | None = wire_field(lambda row: row.boolean("dlbEnabled"))
    supports_use_battery: bool | None = wire_field(lambda row: row.boolean("supportsUseBattery"))
    connected: bool | None = wire_field(lambda row: row.boolean("isConnected"))
    retired: bool | None = wire_field(lambda row: row.boolean("isRetired"))
    commissioned: bool | None = wire_field(lambda row: row.boolean("commissioningStatus"))
    owner_control: bool | None = wire_field(lambda row: row.boolean("hoControl"))
    connection: str | None = wire_field(_connection)
    ip_address: str | None = wire_field(lambda row: local_address(row, _connection(row)), shown=False)
    reporting_interval: int | None = wire_field(lambda row: row.integer(REPORTING_SECONDS, "reportingInterval"))
    reported_at: datetime | None = wire_field(lambda row: row.time("lastReportedAt"))
    time_zone: str | None = wire_field(lambda row: row.text("timezone"))


def read_summaries(value: JsonValue, oddities: Oddities) -> tuple[ChargerSummary, ...]:
    """Read the metadata of all chargers: a bare list, a list or one object under `data`."""
    return readable(_summary_rows(value, oddities), lambda row: row.build(ChargerSummary))


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


def _levels(row: Fields) -> Fields:
    return row.fields("chargeLevelDetails")


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _default_level(levels: Fields) -> int | None:
    text = levels.scalar("defaultChargeLevel")
    if text is None or text.lower() == "disabled":
        return None
    return levels.integer(AMPS, "defaultChargeLevel")
