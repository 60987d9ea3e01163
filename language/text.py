"""Text with the place of each of its characters in the file.

A YAML scalar's decoded text is not a stretch of the file: quotes, escapes, folding and indentation stand between the
two. `Text` keeps, beside the characters, *runs*: stretches in which decoded and written characters go in step. One
decoded character that is written as several (an escape, a folded line break) is a run of its own. So the exact span of
any part costs one bisection, and a plain scalar or a script's line costs one run.
"""

from bisect import bisect_right

import msgspec

from cellc.language.span import Span


class Run(msgspec.Struct, frozen=True):
    """Characters from `at` in a `Text`, written at `start` to `end` in the file; see the module's docstring."""

    at: int
    start: int
    end: int


class Text(msgspec.Struct, frozen=True):
    """Decoded characters and where they are written. `origin` is the place of a text without characters."""

    file: str
    content: str
    runs: tuple[Run, ...]
    starts: tuple[int, ...]
    origin: int

    def start_of(self, index: int) -> int:
        """Return where the character at `index` begins in the file; past the last one, where that ends."""
        if index >= len(self.content):
            return self.runs[-1].end if self.runs else self.origin
        run = self.runs[bisect_right(self.starts, index) - 1]
        return run.start + index - run.at

    def end_of(self, index: int) -> int:
        """Return where the character at `index` ends in the file."""
        place = bisect_right(self.starts, index) - 1
        run = self.runs[place]
        return run.end if index + 1 == self._stop(place) else run.start + index + 1 - run.at

    def _stop(self, place: int) -> int:
        """Return where the run at `place` ends in this text."""
        return self.runs[place + 1].at if place + 1 < len(self.runs) else len(self.content)

    def span(self, start: int, end: int) -> Span:
        """Return the place in the file of the characters from `start` to `end` (exclusive)."""
        begin = self.start_of(start)
        return Span(self.file, begin, self.end_of(end - 1) if end > start else begin)

    @property
    def whole(self) -> Span:
        """The place of all of it, without quotes and indicators around it."""
        return self.span(0, len(self.content))

    def part(self, start: int, end: int) -> "Text":
        """Return the text from `start` to `end` (exclusive) with its places."""
        builder = TextBuilder(self.file, self.start_of(start))
        place = max(bisect_right(self.starts, start) - 1, 0)
        while place < len(self.runs) and self.runs[place].at < end:
            low, high = max(self.runs[place].at, start), min(self._stop(place), end)
            if low < high:
                builder.add(self.content[low:high], self.start_of(low), self.end_of(high - 1))
            place += 1
        return builder.build()


def as_written(file: str, content: str, start: int) -> Text:
    """Return a text that is written at `start` just as it is."""
    runs = (Run(0, start, start + len(content)),) if content else ()
    return Text(file, content, runs, (0,) if content else (), start)


class TextBuilder:
    """Puts a `Text` together, stretch by stretch."""

    def __init__(self, file: str, origin: int) -> None:
        self._file = file
        self._origin = origin
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self._length = 0
        self._open_at: int | None = None  # where the last run can be continued

    def add(self, characters: str, start: int, end: int) -> None:
        """Append `characters`, written at `start` to `end`: in step with them, or a single one written as several."""
        if not characters:
            return
        in_step = len(characters) == end - start
        if not (in_step and self._open_at == start):
            self._runs.append(Run(self._length, start, end))
        else:
            self._runs[-1] = Run(self._runs[-1].at, self._runs[-1].start, end)
        self._open_at = end if in_step else None
        self._parts.append(characters)
        self._length += len(characters)

    def build(self) -> Text:
        """Return what was added."""
        runs = tuple(self._runs)
        return Text(self._file, "".join(self._parts), runs, tuple(r.at for r in runs), self._origin)
