"""Lines of output in the making, and the comments that wait for their place among them.

A comment on a line of its own goes with what follows it, at the end of a block by its column; one behind a line stays
behind it. A blank line stays one blank line, except at the start of a block.
"""

import re
from dataclasses import replace

from cellc.language.formatting.pretty import Line
from cellc.language.formatting.written import Comment

_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*(?:\r\n?|\n)[ \t?-]*\Z")


class Page:
    """The lines so far of what `content` becomes. `opened`: nothing stands above in this block."""

    def __init__(self, content: str, comments: list[Comment]) -> None:
        self._content = content
        self._comments = comments[::-1]
        self._done = 0
        self.lines: list[Line] = []
        self.opened = True

    def add(self, lines: list[Line], start: int, indent: int) -> None:
        """Add lines that are written from `start` on, and the blank line above them."""
        if not self.opened and self._follows_blank_line(start):
            self.lines.append(Line(""))
        self.opened = False
        self._done = max(self._done, start)
        self.lines += [replace(line, text=" " * indent + line.text if line.text else "") for line in lines]

    def pass_to(self, end: int) -> None:
        """Take blank lines before `end` as part of what has been added."""
        self._done = max(self._done, end)

    def _follows_blank_line(self, start: int) -> bool:
        begin = self._done - 1 if self._content[self._done - 1 : self._done] in {"\r", "\n"} else self._done
        return bool(_BLANK_LINE.search(self._content[begin:start]))

    # --- comments ---

    def place_comments(self, before: int, indent: int, column: int = 0) -> None:
        """Place the comments that are written before a place; those on lines of their own from `column` on only."""
        while self._comments and self._comments[-1].at < before:
            if self._comments[-1].own_line and self._comments[-1].column < column:
                return
            self._place(self._comments.pop(), indent)

    def _place(self, comment: Comment, indent: int) -> None:
        if comment.own_line or not self.lines or self.lines[-1].comment:
            self.add([Line(comment.text)], comment.at, indent)
        else:
            self.lines[-1] = replace(self.lines[-1], comment=comment.text, column=comment.column)

    def has_comments(self, start: int, end: int) -> bool:
        """Return whether a comment waits that is written between two places."""
        return any(start <= comment.at < end for comment in self._comments)

    def take_comments(self, start: int, end: int) -> list[Comment]:
        """Return the comments that are written between two places: the caller places them."""
        taken = [comment for comment in self._comments if start <= comment.at < end]
        self._comments = [comment for comment in self._comments if not start <= comment.at < end]
        return taken[::-1]

    def take_comment_behind(self, end: int) -> Comment | None:
        """Return the comment behind `end` on the same line: the caller places it."""
        line_end = re.compile(r"[\r\n]|\Z").search(self._content, end)
        taken = self.take_comments(end, line_end.start() if line_end else end)
        return taken[0] if taken else None
