"""Cases as the text of a `*.test.yaml` file, and files that get one more."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cellc.language.formatting.scalars import UNWRITABLE
from cellc.language.span import Source
from cellc.testing.reading import read_source

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*|[0-9]+(\.[0-9]+)?(ms|s|m|h|d)")
_WORDS = frozenset({"null", "true", "false"})


class CannotAppend(Exception):  # noqa: N818 -- named for what it says of the file
    """A case cannot be written at the end of a file."""


def case_text(case: Mapping[str, Any]) -> str:
    """Return one case as an item of `cases:`, two spaces in; `case` is JSON data."""
    lines = [line for key, value in case.items() for line in _entry(key, value)]
    return "".join(f"{'    ' if number else '  - '}{line}\n" for number, line in enumerate(lines))


def file_text(module: str, cases: Sequence[str]) -> str:
    """Return a file of these cases for a module."""
    return f"test: {_scalar(module)}\ncases:\n{''.join(cases)}"


def append(path: Path, module: Path, case: Mapping[str, Any]) -> None:
    """Write a case at the end of the file at `path`, which begins if it is not there. Raises CannotAppend, OSError."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if not there:
        to_module = os.path.relpath(str(module), str(path.parent))
        path.write_text(file_text(to_module, [case_text(case)]), encoding="utf-8")
        return
    before = read_source(Source(str(path), there))
    if before.program is None or before.problems:
        raise CannotAppend("its cases cannot be read: `cellc test` tells why")
    tested = re.search(r"^test:\s*(\S+)", there, re.MULTILINE)
    if tested is None or (path.parent / tested[1].strip("\"'")).resolve() != module.resolve():
        raise CannotAppend(f"it tests another module than {module}")
    names = {each.name for each in before.cases}
    name = next(n for n in (case["name"], *(f"{case['name']} ({k})" for k in range(2, 10_000))) if n not in names)
    text = f"{there.rstrip()}\n{case_text({**case, 'name': name})}"
    after = read_source(Source(str(path), text))
    if after.problems or len(after.cases) != len(before.cases) + 1:
        raise CannotAppend("its cases are not the last thing in it, in block style and two spaces in")
    path.write_text(text, encoding="utf-8")


def _entry(key: str, value: Any) -> list[str]:
    """Return the lines of one key: lists and handlers over several lines, all else on one."""
    if key == "handlers":
        return ["handlers:", *(f"  {_scalar(name)}: {_flow(answers)}" for name, answers in value.items())]
    if key in {"events", "complete"}:
        return [f"{key}:", *(f"  - {_flow(each)}" for each in value)]
    return [f"{key}: {_flow(value)}"]


def _flow(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return _scalar(value)
        case _:
            return json.dumps(value)


def _scalar(text: str) -> str:
    """Return a text as YAML has it: plain where nothing else could be meant."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return UNWRITABLE.sub(lambda found: f"\\U{ord(found[0]):08x}", json.dumps(text, ensure_ascii=False))
