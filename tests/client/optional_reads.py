"""The reads that can be done without, as a table: what is asked, of which family, and who answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import override

from custom_components.enphase_cloud_things.enlighten import EnlightenClient, Family
from simulator import Family as Service

from .conftest import SERIAL, SITE

ZONE = "Europe/Vienna"
TODAY = date(2026, 11, 10)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a read is about, as far as it is about that."""

    site_id: str = SITE
    serial: str = SERIAL
    program_id: str


@dataclass(frozen=True, kw_only=True)
class OptionalRead:
    """One read; `delays` are the minutes it is left alone after one, two, three and four failures in a row."""

    service: Service
    family: Family
    send: Callable[[EnlightenClient, Subject], Awaitable[object]]
    delays: tuple[int, int, int, int]
    refused_delay: int = 24 * 60

    @override
    def __str__(self) -> str:
        return self.family

    def delay(self, failures: int) -> timedelta:
        return timedelta(minutes=self.delays[failures - 1])


OPTIONAL_READS = (
    OptionalRead(
        service=Service.VPP_ENROLMENT,
        family=Family.VPP_ENROLMENT,
        send=lambda client, subject: client.grid_services.program(subject.site_id),
        delays=(15, 30, 120, 120),
        refused_delay=120,
    ),
    OptionalRead(
        service=Service.VPP_EVENTS,
        family=Family.VPP_EVENTS,
        send=lambda client, subject: client.grid_services.events(subject.site_id, subject.program_id),
        delays=(5, 15, 60, 60),
    ),
    OptionalRead(
        service=Service.TARIFF,
        family=Family.TARIFF,
        send=lambda client, subject: client.monetary.tariff(subject.site_id),
        delays=(5, 15, 30, 60),
    ),
    OptionalRead(
        service=Service.DATED_RATES,
        family=Family.DATED_RATES,
        send=lambda client, subject: client.monetary.export_rates(subject.site_id, TODAY),
        delays=(60, 360, 1440, 1440),
    ),
    OptionalRead(
        service=Service.CURRENCY,
        family=Family.CURRENCY,
        send=lambda client, subject: client.monetary.currency(subject.site_id),
        delays=(5, 15, 30, 60),
    ),
    OptionalRead(
        service=Service.SAVINGS,
        family=Family.SAVINGS,
        send=lambda client, subject: client.monetary.savings(subject.site_id, TODAY),
        delays=(5, 15, 30, 60),
    ),
    OptionalRead(
        service=Service.HISTORY,
        family=Family.HISTORY,
        send=lambda client, subject: client.history.sessions(
            subject.site_id, subject.serial, TODAY, TODAY, time_zone=ZONE
        ),
        delays=(15, 15, 15, 15),
    ),
)
