"""For people: the changes for each audience, what was and what is side by side; then what is wrong, and the version."""

from collections.abc import Iterator, Mapping

from cellc.comparisons.verdicts import Verdicts, verdict_text
from cellc.compiler.compat.changes import Audience, Change, Side, Verdict
from cellc.formats.findings import Look
from cellc.line_cells import line_cells, safe
from cellc.render import render

_TITLES: Mapping[Audience, str] = {
    Audience.CALLERS: "callers",
    Audience.READERS: "readers of results",
    Audience.HANDLERS: "handlers and the environment",
    Audience.RUNS: "runs in flight",
}
_STYLES: Mapping[Verdict, str] = {Verdict.BREAKING: "error", Verdict.KEPT: "warning", Verdict.COMPATIBLE: "good"}
_INDENT = "  "
_LEAST = 24  # cells of a column; where there are fewer, one stands below the other


def tell(verdicts: Verdicts, look: Look) -> Iterator[str]:
    """Give one block for each audience and each problem."""
    yield look.paint(safe(verdicts.title), "strong")
    yield ""
    for audience in Audience if verdicts.comparison.changes else ():
        yield from _audience(verdicts, audience, look)
        yield ""
    for diagnostic in verdicts.findings.diagnostics:
        yield render(diagnostic, verdicts.sources, look.paint, look.width) + "\n"
    yield verdicts.summary if verdicts.comparison.changes else look.paint(verdicts.summary, "good")
    if verdicts.back is not None:
        yield ""
        yield f"{look.paint('going back', 'strong')}: {'not from every place' if verdicts.back else 'from every place'}"
        yield from (f"{_INDENT}{safe(line)}" for line in verdicts.back)
    if verdicts.fleet is not None:
        yield ""
        yield f"{look.paint('runs in', 'strong')} {safe(verdicts.fleet.log)}"
        yield from (f"{_INDENT}{safe(line)}" for line in verdicts.fleet.lines())


def _audience(verdicts: Verdicts, audience: Audience, look: Look) -> Iterator[str]:
    verdict = verdicts.comparison.verdict(audience)
    style = "dim" if verdict is None else _STYLES[verdict]
    yield f"{look.paint(_TITLES[audience], 'strong')}: {look.paint(verdict_text(verdict), style)}"
    for change in verdicts.comparison.of(audience):
        yield from _change(verdicts, change, look)


def _change(verdicts: Verdicts, change: Change, look: Look) -> Iterator[str]:
    head = look.paint(f"{verdict_text(change.verdict)}[{change.kind}]", _STYLES[change.verdict])
    yield f"{_INDENT}{head} {safe(change.place)}"
    yield f"{_INDENT * 2}{safe(change.reason)}"
    if change.reached:
        more = f" and {len(change.reached) - 2} more" if len(change.reached) > 2 else ""
        yield f"{_INDENT * 2}it is in {', '.join(map(safe, change.reached[:2]))}{more}"
    yield from _sides(verdicts, change, look)


def _sides(verdicts: Verdicts, change: Change, look: Look) -> Iterator[str]:
    """Show what was beside what is, each with its place."""
    texts = _texts(verdicts, change)
    places = [safe(verdicts.where(side)) for side in (change.old, change.new)]
    room = (look.width - 2 * len(_INDENT) - 3) // 2
    bar = look.paint("|", "frame")
    if room < _LEAST:
        rows = [row for text, place in zip(texts, places, strict=True) for row in (text, place) if row]
        yield from (f"{_INDENT * 2}{bar} {_fitted(row, look.width - 6).rstrip()}" for row in rows)
        return
    for left, right, style in (*[(texts[0], texts[1], "")], (places[0], places[1], "dim")):
        cells = [_fitted(left, room), _fitted(right, room).rstrip()]
        if any(cell.strip() for cell in cells):
            painted = [look.paint(cell, style) if style else cell for cell in cells]
            yield f"{_INDENT * 2}{bar} {painted[0]} {bar} {painted[1]}".rstrip()


def _texts(verdicts: Verdicts, change: Change) -> list[str]:
    """Return what changed, on both sides; where the comparison has no words for it, what is written there."""
    sides: tuple[Side, Side] = (change.old, change.new)
    if any(side.text for side in sides) and change.old.text != change.new.text:
        return [safe(side.text) or "-" for side in sides]
    return [safe(verdicts.written(side)) for side in sides]


def _fitted(text: str, room: int) -> str:
    """Return a text of exactly so many cells; what is too long is cut."""
    line = line_cells(text)
    width = line.cell_of(len(text))
    if width <= room:
        return text + " " * (room - width)
    return line.window(0, 0, room)[0].rstrip().ljust(room)
