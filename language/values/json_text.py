"""JSON text in: strict, bounded, exact.

Numbers with a point or exponent become `Decimal`, so nothing is lost before a type says what they are. Refused: NaN and
infinities, duplicate keys, lone surrogates, text beyond the limits, and everything that RFC 8259 refuses.
"""

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100

_SURROGATE = re.compile(r"[\ud800-\udfff]")


class BadJson(ValueError):  # noqa: N818 -- named for what it is
    """Text is not acceptable JSON; the message says why and where."""


def parse_json(text: str | bytes) -> Any:
    """Return the data that `text` holds. Raises BadJson."""
    if len(text) > MAX_BYTES:
        raise BadJson(f"the text is longer than {MAX_BYTES // 1024 // 1024} MiB")
    source = _decoded(text)
    try:
        data = json.loads(source, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as problem:
        raise BadJson(f"line {problem.lineno}, column {problem.colno}: {problem.msg}") from problem
    except RecursionError as problem:
        raise BadJson(f"nested more than {MAX_DEPTH} levels deep") from problem
    except BadJson:
        raise
    except ValueError as problem:  # what is left is Python's limit on the digits of an integer
        raise BadJson("a number has too many digits") from problem
    _check_depth(data)
    if "\\u" in source:
        _check_surrogates(data)
    return data


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadJson(f"byte {problem.start} is not UTF-8") from problem


def _refuse_constant(name: str) -> Any:
    raise BadJson(f"{name} is not a JSON value")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise BadJson(f"the key {json.dumps(twice, ensure_ascii=False)} is in one object twice")
    return result


def _check_depth(data: Any) -> None:
    level, depth = [data], 0
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise BadJson(f"nested more than {MAX_DEPTH} levels deep")
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]


def _check_surrogates(data: Any) -> None:
    level = [data]
    while level:
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        if any(_SURROGATE.search(text) for text in texts):
            raise BadJson("a text holds half of a surrogate pair")
        parents = [item for item in level if isinstance(item, list | dict)]
        level = [child for item in parents for child in (item.values() if isinstance(item, dict) else item)]
