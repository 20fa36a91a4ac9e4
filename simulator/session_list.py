"""The sessions of a charger as the cloud lists them: what was recorded, and when it is known (docs/api.md §7.2)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from .accounting import cost_of
from .chargers import Charger
from .connectors import ChargeSession, Connector
from .history import SessionRecord
from .metering import pieces
from .site import Site
from .wire import epoch_seconds


def sessions_of(charger: Charger, now: datetime) -> list[SessionRecord]:
    """Return the sessions the cloud knows of at ``now``, newest first.

    What happened since a charger went offline stays unknown until it is back.
    """
    heard = now if charger.cloud.connected else charger.cloud.offline_at or now
    records = list(charger.history.earlier)
    for connector in charger.connectors:
        records.extend(
            _known(record, charger, heard) for record in _recorded(connector) if record.charging_from <= heard
        )
    shown = [
        record
        for record in records
        if record.ended_at is None or now >= record.ended_at + charger.history.appears_after
    ]
    return sorted(shown, key=lambda record: record.charging_from, reverse=True)


def flows_of(site: Site, charger: Charger, record: SessionRecord) -> Iterator[tuple[datetime, float]]:
    """Go through the energy of a session by time: as metered, or evenly from its start if nobody metered it."""
    metered = list(site.meter.drawn(charger.serial, record.charging_from, record.ended_at or site.meter.until))
    if metered:
        yield from metered
        return
    end = record.charging_from + timedelta(seconds=record.active_seconds)
    for piece in pieces(record.charging_from, end):
        seconds = (piece.end - piece.start).total_seconds()
        yield piece.start, record.energy_wh * seconds / record.active_seconds


def _recorded(connector: Connector) -> Iterator[SessionRecord]:
    sessions = list(connector.past_sessions)
    if connector.car is not None and connector.session is not None:
        sessions.append(connector.session)
    previous: ChargeSession | None = None
    for index, session in enumerate(sessions):
        following = sessions[index + 1] if index + 1 < len(sessions) else None
        if session.started_at is not None:
            yield _record(session, session.started_at, previous, following)
        previous = session


def _record(
    session: ChargeSession, began: datetime, previous: ChargeSession | None, following: ChargeSession | None
) -> SessionRecord:
    """Describe a session; one that follows another on the same cable starts, for the list, when that one ends."""
    same_cable = previous is not None and previous.plugged_in_at == session.plugged_in_at
    ended_at = session.unplugged_at
    if ended_at is None and following is not None:
        ended_at = following.started_at
    return SessionRecord(
        session_id=epoch_seconds(began),
        started_at=began if same_cable else session.plugged_in_at,
        charging_from=began,
        ended_at=ended_at,
        energy_wh=session.energy_wh,
        active_seconds=session.active_seconds,
    )


def _known(record: SessionRecord, charger: Charger, heard: datetime) -> SessionRecord:
    """Return the session as the cloud knows it: one that ended unheard of goes on, with what was metered last."""
    if record.ended_at is not None and record.ended_at <= heard:
        return record
    return SessionRecord(
        session_id=record.session_id,
        started_at=record.started_at,
        charging_from=record.charging_from,
        ended_at=None,
        energy_wh=min(record.energy_wh, charger.cloud.meter.session_wh),
        active_seconds=min(record.active_seconds, (heard - record.charging_from).total_seconds()),
    )


def known_cost(site: Site, charger: Charger, record: SessionRecord, now: datetime) -> float | None:
    """Return what a session cost, which is known some time after its end only."""
    if record.ended_at is None or now < record.ended_at + charger.history.cost_after:
        return None
    return cost_of(site, flows_of(site, charger, record), record.energy_wh)
