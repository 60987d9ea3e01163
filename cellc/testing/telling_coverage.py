"""How coverage is told: for people with the line of each gap, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from cellc.line_cells import safe
from cellc.testing.covering import Coverage, Point, said, share
from cellc.testing.names import short


def coverage_lines(coverages: Sequence[Coverage]) -> Iterator[str]:
    """Yield a paragraph for each program, and what is reached in all."""
    for coverage in coverages:
        yield f"{safe(coverage.program.module)}: {_counts(coverage)}"
        yield from (f"  {_line(coverage, point)}" for point in coverage.missed)
    if len(coverages) > 1:
        yield f"all: {percent(share(coverages))}"


def percent(share: float) -> str:
    """Return a share, rounded down: 100% is all of it."""
    return f"{int(share * 10) / 10:g}%"


def _counts(coverage: Coverage) -> str:
    return f"{len(coverage.reached)} of {len(coverage.points)} points reached, {percent(share([coverage]))}"


def _line(coverage: Coverage, point: Point) -> str:
    place = coverage.place(point)
    where = "" if place is None else f"{safe(place[0])}:{place[3]}: "
    return f"{where}{short(coverage.program, point.cell)}: {said(coverage.program, point)}"


def coverage_data(coverages: Sequence[Coverage]) -> dict[str, Any]:
    """Return coverage for tools."""
    return {
        "share": round(share(coverages), 2),
        "programs": [
            {
                "module": coverage.program.module,
                "points": len(coverage.points),
                "reached": len(coverage.reached),
                "missed": [_missed(coverage, point) for point in coverage.missed],
            }
            for coverage in coverages
        ],
    }


def _missed(coverage: Coverage, point: Point) -> dict[str, Any]:
    place = coverage.place(point)
    return {
        "file": None if place is None else place[0],
        "line": None if place is None else place[3],
        "cell": short(coverage.program, point.cell),
        "node": point.node,
        "way": point.way or "reached",
        "message": said(coverage.program, point),
    }
