"""When to ask the cloud again, and for what.

The status of all chargers is one request and is asked for at a slow or a fast
interval. Everything else changes seldom and is read within the same refreshes, each
part at its own cadence.

Chargers take turns: every read has its own moment within its period, counted from the
start, so that a hundred chargers are not read at once and a late refresh does not
shift the following ones. Jitter only ever lengthens an interval, which keeps the
arithmetic below an upper bound.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from math import ceil
from typing import Final

from ..cadences import (
    DATED_RATES_CADENCE,
    ENROLMENT_CADENCE,
    FIRMWARE_CADENCE,
    HISTORY_CADENCE,
    HISTORY_CADENCE_WITH_NEWS,
    LEAST_STATUS_PER_HOUR,
    LONGEST_SUMMARY_WAIT,
    MODE_CADENCE,
    REQUEST_BUDGET,
    SAVINGS_CADENCE,
    SCHEDULES_IN_USE_CADENCE,
    SETTINGS_CADENCE,
    SUMMARY_CADENCE,
    TARIFF_CADENCE,
    TIME_PER_CHARGER,
    VPP_EVENTS_CADENCE,
)
from ..enlighten.models.chargers import ChargerStatus, ChargerSummary
from .settings import amps_bounds

FAST_AFTER_COMMAND: Final = timedelta(seconds=90)
WITHOUT_CHARGERS: Final = timedelta(seconds=300)
LONGEST_INTERVAL: Final = timedelta(seconds=3600)

# The first answers after a start may lack the amp bounds; an hour without them would
# be an hour without setpoint, asking for ever would be pointless.
EARLY_SUMMARY_CADENCE: Final = timedelta(seconds=60)
EARLY_SUMMARY_UNTIL: Final = timedelta(seconds=600)

_READS_AT_ONCE: Final = 4
_JITTER_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingOptions:
    """What the user chose: the two intervals, and whether a live stream asks for the fast one."""

    slow: timedelta
    fast: timedelta
    fast_while_streaming: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What may ask for fast polling.

    `read_at` is when the next read is wanted to confirm something: a command (`pending.next_read_at`) or a reset of
    the lifetime counter (`LifetimeCounter.second_reading_at`). One that has passed does not count.
    """

    chargers: int
    drawing_power: bool = False
    command_pending: bool = False
    streaming: bool = False
    fast_until: datetime | None = None
    read_at: datetime | None = None


class Part(StrEnum):
    """What is read besides the status. The summary and the firmware cover all chargers at once."""

    SUMMARY = "summary"
    MODE = "mode"
    GREEN = "green"
    CONFIGURATION = "configuration"
    SCHEDULES = "schedules"
    FIRMWARE = "firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One request of a refresh: a part of one charger, or of the site where `serial` is `None`."""

    part: Part
    serial: str | None = field(default=None, repr=False)


_CADENCES: Final[Mapping[Part, timedelta]] = {
    Part.MODE: MODE_CADENCE,
    Part.GREEN: SETTINGS_CADENCE,
    Part.CONFIGURATION: SETTINGS_CADENCE,
    Part.SCHEDULES: SETTINGS_CADENCE,
}
_CADENCES_OF_SCHEDULED: Final[Mapping[Part, timedelta]] = {
    **_CADENCES,
    Part.MODE: SCHEDULES_IN_USE_CADENCE,
    Part.SCHEDULES: SCHEDULES_IN_USE_CADENCE,
}


def next_interval(
    activity: Activity,
    options: PollingOptions,
    now: datetime,
    *,
    available_per_hour: float | None = None,
    jitter: float = 0,
) -> timedelta:
    """Return how long to wait for the next status read.

    Fast while energy flows, while a command is pending and until `fast_until`, and
    while a live stream is on if the options want that. `available_per_hour` is what
    the request budget leaves for status reads; the interval is stretched to it, up to
    an hour. `jitter` (0 to 1) lengthens the interval by up to 5 %. A read that
    something waits for comes on time, whatever the rest says.
    """
    interval = min(options.slow, options.fast) if _wants_fast(activity, options, now) else options.slow
    if not activity.chargers:
        interval = max(options.slow, WITHOUT_CHARGERS)
    if available_per_hour is not None:
        interval = max(interval, _affordable(available_per_hour))
    interval *= 1 + _JITTER_SHARE * jitter
    if activity.read_at is not None and activity.read_at > now:
        interval = min(interval, activity.read_at - now)
    return interval


def time_of_a_round(chargers: int) -> timedelta:
    """Return the time in which each of an account's chargers has had its turn."""
    return TIME_PER_CHARGER * chargers


def status_reads_per_hour(load: float, *, sites: int) -> float:
    """Return how many status reads an hour a site may make, beside a `load` of other requests."""
    share = REQUEST_BUDGET / max(sites, 1)
    return max(share - load, min(LEAST_STATUS_PER_HOUR, share / 2))


def fast_until(command_at: datetime) -> datetime:
    """Return until when a command keeps polling fast."""
    return command_at + FAST_AFTER_COMMAND


@cache
def requests_per_hour(*, chargers: int, vpp: bool, prices: bool, charging: bool, sites: int = 1) -> float:
    """Return the requests an hour of one of the account's sites, at most, without the status reads.

    The request budget of the account less this is what its status reads may use.
    """
    load = _per_hour(SUMMARY_CADENCE)
    for part in _CADENCES:
        load += chargers * _per_hour(_period(part, chargers * sites, scheduled=True))
    if chargers:
        history = HISTORY_CADENCE_WITH_NEWS if charging else HISTORY_CADENCE
        load += chargers * _per_hour(max(history, time_of_a_round(chargers * sites))) + _per_hour(FIRMWARE_CADENCE)
    if vpp:
        load += _per_hour(VPP_EVENTS_CADENCE) + _per_hour(ENROLMENT_CADENCE)
    if prices:
        load += _per_hour(SAVINGS_CADENCE) + _per_hour(TARIFF_CADENCE) + _per_hour(DATED_RATES_CADENCE)
    return load


def due_reads(
    wanted: Sequence[Read],
    attempted_at: Mapping[Read, datetime],
    now: datetime,
    *,
    started_at: datetime,
    interval: timedelta,
    urgent: Collection[Read] = (),
    bounds_missing: bool = False,
    scheduled: Collection[str] = (),
    has_reported: bool = True,
    firmware_known: bool = True,
    sites: int = 1,
) -> tuple[Read, ...]:
    """Return which of the wanted reads belong into the refresh of now, the most urgent first.

    `attempted_at` says when each was last tried, with or without success; `started_at`
    anchors the turns and should differ between installations. `urgent` ones (after a
    command, after a change of mode) are always due. Of the others only a few per
    refresh are, the longest overdue first, so that neither a start nor an outage ends in
    a burst; `interval`, the time between refreshes, raises that number where refreshes
    are rare. With `bounds_missing` the summary is read more often for the first minutes; it waits for a while unless a
    charger `has_reported` something since the last one. The firmware is tried each hour until it is known once.
    `scheduled` are the serials of chargers whose schedules are in use or were never read. `sites` is how many the
    account has.
    """
    serials = dict.fromkeys(read.serial for read in wanted if read.serial is not None)
    turn_of = {serial: turn for turn, serial in enumerate(serials)}
    first = [read for read in wanted if read in urgent]
    turns: list[Read] = []
    early = bounds_missing and now - started_at < EARLY_SUMMARY_UNTIL
    summary_wait = SUMMARY_CADENCE if has_reported else LONGEST_SUMMARY_WAIT
    waits = {
        Part.SUMMARY: EARLY_SUMMARY_CADENCE if early else summary_wait,
        Part.FIRMWARE: FIRMWARE_CADENCE if firmware_known else SETTINGS_CADENCE,
    }
    for read in wanted:
        if read in urgent:
            continue
        if read.serial is None:
            if _is_older(attempted_at.get(read), now, waits[read.part]):
                first.append(read)
            continue
        period = _period(read.part, len(turn_of) * sites, scheduled=read.serial in scheduled)
        offset = period * turn_of[read.serial] / len(turn_of)
        if _turn_has_come(attempted_at.get(read), now, started_at + offset, period):
            turns.append(read)
    turns.sort(key=lambda read: attempted_at.get(read, started_at - LONGEST_INTERVAL))
    return (*first, *turns[: max(_READS_AT_ONCE, ceil(interval / TIME_PER_CHARGER))])


def mode_changed(before: ChargerStatus | None, after: ChargerStatus) -> bool:
    """Return whether the effective mode differs between two readings, which makes reading the preference urgent."""
    return before is not None and None not in (before.mode, after.mode) and before.mode != after.mode


def bounds_missing(summaries: Iterable[ChargerSummary]) -> bool:
    """Return whether any charger lacks the currents it offers."""
    return any(amps_bounds(summary) is None for summary in summaries)


def _wants_fast(activity: Activity, options: PollingOptions, now: datetime) -> bool:
    return (
        activity.drawing_power
        or activity.command_pending
        or (activity.fast_until is not None and now < activity.fast_until)
        or (activity.streaming and options.fast_while_streaming)
    )


def _affordable(available_per_hour: float) -> timedelta:
    if available_per_hour <= 1:
        return LONGEST_INTERVAL
    return timedelta(hours=1) / available_per_hour


def _period(part: Part, chargers: int, *, scheduled: bool = False) -> timedelta:
    cadences = _CADENCES_OF_SCHEDULED if scheduled else _CADENCES
    return max(cadences[part], time_of_a_round(chargers))


def _per_hour(cadence: timedelta) -> float:
    return timedelta(hours=1) / cadence


def _is_older(last: datetime | None, now: datetime, age: timedelta) -> bool:
    return last is None or now - last >= age


def _turn_has_come(last: datetime | None, now: datetime, anchor: datetime, period: timedelta) -> bool:
    if last is None:
        return True
    return (now - anchor) // period > (last - anchor) // period
