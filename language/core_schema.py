"""What a plain YAML scalar means by YAML 1.2's core schema: only for settings and templates, never for Cell text."""

import re
from decimal import Decimal
from typing import Final, TypeAlias

from cellc.language.reader import Scalar

CoreValue: TypeAlias = bool | int | Decimal | str | None

_WORDS: Final[dict[str, CoreValue]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,400}\Z")
_BASED = re.compile(r"0o[0-7]{1,400}\Z|0x[0-9a-fA-F]{1,400}\Z")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]{1,400}|[0-9]{1,400}(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,3})?\Z")


def core_value(scalar: Scalar) -> CoreValue:
    """Return the value of a scalar: quoted and block ones are text, and so are infinities and endless numbers."""
    content = scalar.content
    if scalar.style != "plain":
        return content
    if content in _WORDS:
        return _WORDS[content]
    if _INT.match(content):
        return int(content)
    if _BASED.match(content):
        return int(content[2:], 8 if content[1] == "o" else 16)
    return Decimal(content) if _DECIMAL.match(content) else content
