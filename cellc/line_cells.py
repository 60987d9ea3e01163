"""A line of text as the cells of a terminal: what is shown of it, and where each of its characters stands.

Wide characters take two cells, combining ones none, tabs are spread, and control characters are shown as pictures, so
that no source text can drive a terminal. A request for the emoji form of a character is left out: terminals do not
agree how wide that is.
"""

import unicodedata
from dataclasses import dataclass

TAB = 4

_EMOJI_FORM = "\N{VARIATION SELECTOR-16}"
_CUT = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what each cell shows (the second one of a wide character is empty), and where characters start.

    `starts` has the first cell of each character, and of the line's end.
    """

    cells: tuple[str, ...]
    starts: tuple[int, ...]

    def cell_of(self, character: int) -> int:
        """Return the cell of a character; past the end of the line each counts as one."""
        last = len(self.starts) - 1
        return self.starts[min(character, last)] + max(0, character - last)

    def window(self, start: int, end: int, room: int) -> tuple[str, int]:
        """Return at most `room` cells of the line that show the cells `start` to `end` as far as they can be shown.

        Also returns how many cells the line moved to the left. Where the line is cut there is an ellipsis.
        """
        if len(self.cells) <= room:
            return "".join(self.cells).rstrip(), 0
        wanted = min(end - start, room - 2)
        first = min(max(0, start - (room - wanted) // 2), max(0, len(self.cells) - room))
        shown = list(self.cells[first : first + room])
        if first > 0:
            shown[:2] = _CUT, shown[1] or " "
        if first + room < len(self.cells):
            shown[-2:] = shown[-2] if shown[-1] else " ", _CUT
        return "".join(shown).rstrip(), first


def line_cells(text: str) -> Line:
    """Return the cells of one line."""
    cells: list[str] = []
    starts: list[int] = []
    for character in text:
        starts.append(len(cells))
        if character == "\t":
            cells += " " * (TAB - len(cells) % TAB)
        elif character == _EMOJI_FORM:
            continue
        elif (width := _width(character)) or not cells:
            cells += [safe(character), *[""] * (width - 1)]
        else:
            cells[-1 if cells[-1] else -2] += character
    return Line(tuple(cells), (*starts, len(cells)))


def safe(text: str) -> str:
    """Return `text` with pictures for what would drive a terminal; line breaks stay."""
    return "".join(character if character == "\n" else _picture(character) for character in text)


def _picture(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
