"""Which cases are meant by `-k`: words with `and`, `or`, `not` and brackets, each in the case's or file's name."""

import re

_TOKEN = re.compile(r"\s*(?:([()])|\"([^\"]*)\"|'([^']*)'|([^\s()\"']+))")


class BadChoice(ValueError):  # noqa: N818 -- named for what it is
    """The text is no such expression."""


class Choice:
    """The cases that an expression means."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, bool]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadChoice("a quote has no end")
            at = found.end()
            word = next(part for part in found.groups() if part is not None)
            self._tokens.append((word, found[2] is None and found[3] is None))
        self.takes("")  # says what is wrong before anything is run

    def takes(self, name: str) -> bool:
        """Return whether a case of this name is meant. Raises BadChoice."""
        self._at, self._name = 0, name.lower()
        result = self._any()
        if self._at < len(self._tokens):
            raise BadChoice(f"`{self._tokens[self._at][0]}` cannot stand there: say `and`, `or` or nothing")
        return result

    def _any(self) -> bool:
        result = self._all()
        while self._skip("or"):
            result = self._all() or result
        return result

    def _all(self) -> bool:
        result = self._one()
        while self._skip("and"):
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if self._skip("not"):
            return not self._one()
        if self._skip("("):
            result = self._any()
            if not self._skip(")"):
                raise BadChoice("a bracket is not closed")
            return result
        if self._at >= len(self._tokens) or self._tokens[self._at] in {(w, True) for w in ("and", "or", ")")}:
            raise BadChoice("a word is missing")
        word, _ = self._tokens[self._at]
        self._at += 1
        return word.lower() in self._name

    def _skip(self, word: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == (word, True)
        self._at += there
        return there
