"""A running Enlighten: accounts, sessions and chargers with physics behind the cloud's own HTTP interface."""

from . import commands, faults
from .accounts import OWNER_EMAIL, OWNER_KEY, Account
from .chargers import Charger
from .clock import Clock, ManualClock, ScaledClock
from .families import Family
from .hardware import EU_THREE_PHASE_32A, NA_SINGLE_PHASE_48A, NA_SINGLE_PHASE_80A, ChargerModel
from .history import SessionRecord
from .physics import Car, Sun
from .presentation import DeadSession, Presentation, StatusShape
from .rate_limit import RateLimit
from .ready_tariffs import TARIFFS
from .request_log import LoggedRequest, RequestLog
from .savings import WithoutTariff
from .schedules import Slot
from .server import Simulator, running
from .settings import ChargeMode, CommandReply, Quirks, ScheduleReply, StartRoute, StopRoute
from .site import Site
from .tariffs import Tariff
from .vpp import DetailAnswer, EnrolmentAnswer, EventType, GridEvent, OtherProgram
from .world import World

__all__ = [
    "EU_THREE_PHASE_32A",
    "NA_SINGLE_PHASE_48A",
    "NA_SINGLE_PHASE_80A",
    "OWNER_EMAIL",
    "OWNER_KEY",
    "TARIFFS",
    "Account",
    "Car",
    "ChargeMode",
    "Charger",
    "ChargerModel",
    "Clock",
    "CommandReply",
    "DeadSession",
    "DetailAnswer",
    "EnrolmentAnswer",
    "EventType",
    "Family",
    "GridEvent",
    "LoggedRequest",
    "ManualClock",
    "OtherProgram",
    "Presentation",
    "Quirks",
    "RateLimit",
    "RequestLog",
    "ScaledClock",
    "ScheduleReply",
    "SessionRecord",
    "Simulator",
    "Site",
    "Slot",
    "StartRoute",
    "StatusShape",
    "StopRoute",
    "Sun",
    "Tariff",
    "WithoutTariff",
    "World",
    "commands",
    "faults",
    "running",
]
