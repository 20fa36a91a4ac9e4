"""A charge at a constant draw, as a charger of any pace reports it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from custom_components.enphase_cloud_things.enlighten.models.chargers import ChargerStatus, ChargingSession, Connector

START = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)
SERIAL = "202640011873"


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyCharge:
    """Energy flows from `START` on; the counters step every `step` s, reports come every `report` s.

    `step_phase` and `report_phase` (s) shift the two against the start. `words` are the connector types, each reported
    for half an hour in turn, beside `charging`.
    """

    watts: float = 7200
    step: int = 300
    report: int = 300
    step_phase: float = 0
    report_phase: float = 0
    words: tuple[str, ...] = ("CHARGING",)
    charging: bool = True

    def counted(self, seconds: float) -> float:
        """Return the energy (kWh) of the last step at or before a moment."""
        steps = (seconds - self.step_phase) // self.step
        return max(self.step_phase + steps * self.step, 0) * self.watts / 3_600_000 if seconds >= 0 else 0.0

    def reports(self, seconds: float) -> Iterator[tuple[datetime, float, ChargerStatus]]:
        """Go through the reports of that many seconds: their time, the energy (kWh) and the status."""
        moment = self.report_phase
        while moment <= seconds:
            at = START + timedelta(seconds=moment)
            energy = self.counted(moment)
            yield (
                at,
                energy,
                status(self.words[int(moment // 1800) % len(self.words)], at, energy=energy, charging=self.charging),
            )
            moment += self.report


def status(
    state: str | None,
    at: datetime,
    *,
    energy: float | None = None,
    charging: bool | None = None,
    plugged: bool = True,
    connected: bool = True,
    reason: str | None = None,
    started_at: datetime | None = START,
) -> ChargerStatus:
    """Return a status that was reported at that time."""
    return ChargerStatus(
        serial=SERIAL,
        connected=connected,
        plugged_in=plugged,
        charging=charging,
        reported_at=at,
        session=ChargingSession(energy=energy, started_at=started_at, plugged_in_at=START - timedelta(minutes=5)),
        connectors=(Connector(state=state, reason=reason),) if state else (),
    )
