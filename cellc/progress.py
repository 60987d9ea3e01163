"""What people see while runs go on: a live tree on a terminal, one line for each event anywhere else. On stderr.

Whatever is shown is durable already: the fabric tells of events after their commit.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cellc.exits import NOWHERE, problem
from cellc.language.values import to_json
from cellc.render import render
from cellc.standing import LINE_STYLES
from cellc.terminal import Terminal
from cellc.tree import tree_lines

if TYPE_CHECKING:
    from rich.live import Live

    from cellc.runtime.fabric import Fabric
    from cellc.runtime.ports import RunHead
    from cellc.runtime.telling import Line

REDRAW_SECONDS = 0.1

QUIET = frozenset({"ready", "sent", "moved"})
"""Kinds of lines that are followed by another one about the same call, or that say nothing to people."""


class Progress:
    """Tells of runs. `observe` is for the fabric; `say` prints a line for people without breaking the tree.

    `heard_of` are the ids of all runs that something has happened to.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._paint = terminal.paint_aside
        self._live: Live | None = None
        self.heard_of: set[str] = set()

    def say(self, text: str) -> None:
        """Print a line, above the tree where there is one."""
        if self._live is None:
            self._terminal.say(text)
        else:
            from rich.text import Text  # noqa: PLC0415 -- only a terminal pays for it

            self._live.console.print(Text.from_ansi(text))

    def notify(self, code: str, fields: Mapping[str, str]) -> None:
        """Tell what happens to the log."""
        for told in problem(code, NOWHERE, **fields):
            self.say(render(told, {}, self._paint))

    def observe(self, head: "RunHead", lines: "Sequence[Line]") -> None:
        """Tell of a run's events; where a tree shows the others, of its end only."""
        self.heard_of.add(head.id)
        for line in lines:
            if line.kind == "ended" or (self._live is None and line.kind not in QUIET):
                self.say(self._told(head, line))

    def _told(self, head: "RunHead", line: "Line") -> str:
        kind = self._paint(f"{line.kind:<9}", LINE_STYLES.get(line.kind, "dim"))
        detail = f"{line.detail} {_short(line)}".strip() if line.kind in {"raised", "retrying"} else line.detail
        detail = detail.partition("\n")[0]
        words = [f"{line.at:%H:%M:%S}", kind, line.place or head.id, line.effect, detail]
        return "  ".join(word for word in words if word)

    @contextmanager
    def watching(self, fabric: "Fabric", runs: Sequence[int]) -> Iterator[None]:
        """Show the tree of these runs while the body runs, on a terminal that can redraw."""
        if not self._terminal.redraws:
            yield
            return
        from rich.console import Console  # noqa: PLC0415 -- only a terminal pays for it
        from rich.live import Live  # noqa: PLC0415 -- same

        with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as self._live:
            redrawing = asyncio.get_running_loop().create_task(self._redraw(self._live, fabric, runs))
            try:
                yield
            finally:
                redrawing.cancel()
        self._live = None

    async def _redraw(self, live: "Live", fabric: "Fabric", runs: Sequence[int]) -> None:
        from rich.text import Text  # noqa: PLC0415 -- as above

        while True:
            width = live.console.width
            views = [view for run in runs if (view := fabric.look_at(run)) is not None]
            lines = [line for view in views if view.tree for line in tree_lines(view.tree, self._paint, width)]
            live.update(Text.from_ansi("\n".join(lines)), refresh=True)
            await asyncio.sleep(REDRAW_SECONDS)


def _short(line: "Line") -> str:
    if line.value is None:
        return ""
    text = str(to_json(line.value))
    return text if len(text) <= 80 else f"{text[:79]}…"
