"""Values between the language and databases: what a database's driver gives, as rows of JSON data.

A binding reads them as the row type that it declares. Exact numbers stay `Decimal`; a moment without a time zone is one
in UTC.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cellc.language.text_forms import BY_CLASS
from cellc.runtime.ports import Outcome, Permanent, Result

MAX_ROWS = 100_000
"""A longer answer does not belong in a run's log."""


def answer(names: Sequence[str], found: Iterable[Sequence[Any]]) -> Outcome:
    """Return the rows of an answer, each by the names of its columns; Permanent where that would lose some."""
    if len(set(names)) < len(names):
        return Permanent("two columns of the answer have the same name; name them with AS")
    rows: list[dict[str, Any]] = []
    for row in found:
        if len(rows) == MAX_ROWS:
            return Permanent(f"the answer has more than {MAX_ROWS} rows; use LIMIT")
        rows.append(dict(zip(names, map(_json, row), strict=True)))
    return Result({"rows": rows})


def _json(value: Any) -> Any:
    """Return a value of a database as JSON data: text for what JSON lacks, as the language writes it."""
    match value:
        case None | bool() | int() | float() | Decimal() | str():
            return value
        case list():
            return [_json(item) for item in value]
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case datetime(tzinfo=None):
            return _json(value.replace(tzinfo=UTC))
        case _:
            form = BY_CLASS.get(type(value))
            return form.write(value) if form else str(value)
