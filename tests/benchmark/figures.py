"""What was measured, held against what is promised."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. `most` is the promise, in the same unit; `None` where a figure is only of interest."""

    name: str
    measured: float
    unit: str
    most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.most is None or self.measured <= self.most


def as_table(figures: Iterable[Figure]) -> list[str]:
    """Return the lines of a table of all figures."""
    rows = [("figure", "measured", "promised", "")]
    rows += [
        (
            figure.name,
            f"{figure.measured:.4g} {figure.unit}".rstrip(),
            "" if figure.most is None else f"at most {figure.most:g} {figure.unit}".rstrip(),
            "" if figure.holds else "BROKEN",
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name:<{widths[0]}}  {measured:>{widths[1]}}  {promised:<{widths[2]}}  {verdict}".rstrip()
        for name, measured, promised, verdict in rows
    ]
