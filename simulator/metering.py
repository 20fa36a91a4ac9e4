"""The meter between a site and the grid: what flows in and out in every five minutes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOT_SECONDS = 300

type Background = Callable[[datetime, datetime], float]
"""Energy in Wh a site takes from the grid between two moments, chargers aside; negative where it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of time inside one slot; ``slot`` is the slot's number since 1970."""

    slot: int
    start: datetime
    end: datetime


def pieces(start: datetime, end: datetime) -> Iterator[Piece]:
    """Cut a stretch of time at the borders of the slots."""
    while start < end:
        slot = slot_of(start)
        border = min(end, start_of(slot + 1))
        yield Piece(slot=slot, start=start, end=border)
        start = border


def slot_of(moment: datetime) -> int:
    """Return the number of the slot a moment lies in."""
    return int(moment.timestamp() // SLOT_SECONDS)


def start_of(slot: int) -> datetime:
    """Return the moment a slot begins."""
    return datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)


class GridMeter:
    """Counts what a site takes and gives, netting house, sun, battery and chargers within each slot.

    ``background`` is the site as it is set at the time; before the meter was installed ``ordinary`` holds, so that a
    day has all its hours.
    """

    def __init__(self, installed_at: datetime, *, background: Background, ordinary: Background) -> None:
        """Install a meter."""
        self._background = background
        self._ordinary = ordinary
        self._installed_at = self._until = installed_at
        self._background_wh: dict[int, float] = {}
        self._drawn_wh: dict[str, dict[int, float]] = {}

    @property
    def until(self) -> datetime:
        """The moment up to which everything is counted."""
        return self._until

    def advance(self, now: datetime) -> None:
        """Count house, sun and battery up to ``now``."""
        for piece in pieces(self._until, now):
            counted = self._background_wh.get(piece.slot, 0.0)
            self._background_wh[piece.slot] = counted + self._background(piece.start, piece.end)
        self._until = max(self._until, now)

    def draw(self, serial: str, start: datetime, end: datetime, energy_wh: float) -> None:
        """Count what a charger drew evenly between two moments."""
        drawn = self._drawn_wh.setdefault(serial, {})
        slot = slot_of(start)
        if end.timestamp() <= (slot + 1) * SLOT_SECONDS:
            drawn[slot] = drawn.get(slot, 0.0) + energy_wh
            return
        seconds = (end - start).total_seconds()
        for piece in pieces(start, end):
            share = (piece.end - piece.start).total_seconds() / seconds
            drawn[piece.slot] = drawn.get(piece.slot, 0.0) + energy_wh * share

    def drawn(self, serial: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
        """Go through the slots between two moments in which a charger drew: their start and the energy in Wh."""
        drawn = self._drawn_wh.get(serial, {})
        first = max(slot_of(start), slot_of(self._installed_at))
        for slot in range(first, min(slot_of(end), slot_of(self._until)) + 1):
            if slot in drawn:
                yield start_of(slot), drawn[slot]

    def net(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
        """Go through the slots between two slot borders: their start and the net energy in Wh, positive for import."""
        for slot in range(slot_of(start), slot_of(min(end, self._until + timedelta(seconds=SLOT_SECONDS - 1)))):
            begin = start_of(slot)
            energy_wh = self._background_wh.get(slot, 0.0)
            if begin < self._installed_at:
                energy_wh += self._ordinary(begin, min(start_of(slot + 1), self._installed_at))
            energy_wh += sum(drawn.get(slot, 0.0) for drawn in self._drawn_wh.values())
            yield begin, energy_wh
