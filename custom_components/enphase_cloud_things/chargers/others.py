"""The chargers of a site that the cloud lists beside the selected ones."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from ..enlighten import ChargerSummary
from .readings import ANSWERS_BEFORE_ABSENT
from .snapshot import nameless


@dataclass(slots=True, kw_only=True)
class _Listed:
    name: str | None
    missed_answers: int = 0


class OtherChargers:
    """Remembers who else is listed: one answer that leaves a charger out does not mean that it is gone."""

    def __init__(self) -> None:
        """Start knowing nobody."""
        self._listed: dict[str, _Listed] = {}

    def take_summaries(self, summaries: Iterable[ChargerSummary]) -> None:
        """Note a complete list of the site's chargers."""
        for listed in self._listed.values():
            listed.missed_answers += 1
        for summary in summaries:
            if summary.retired:
                self._listed.pop(summary.serial, None)
                continue
            before = self._listed.get(summary.serial)
            self._listed[summary.serial] = _Listed(name=summary.name or (before.name if before else None))
        self._listed = {
            serial: listed for serial, listed in self._listed.items() if listed.missed_answers < ANSWERS_BEFORE_ABSENT
        }

    def names(self, *, without: Container[str]) -> Mapping[str, str]:
        """Return what to call the chargers that are listed, by serial, without the selected ones."""
        return {
            serial: listed.name or nameless(serial) for serial, listed in self._listed.items() if serial not in without
        }
