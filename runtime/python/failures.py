"""What went wrong in a cell's code, as text for the log: the exception, then the places in the code, innermost last.

Frames of cellc and of asyncio are left out. The text is data of the run, not a traceback of cellc.
"""

import asyncio
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

ENTRY = "run_ready"
"""The function of the runtime below which all is code."""

MOST_PLACES = 20
MOST_TEXT = 2000
"""Characters of an exception's own text."""

_FOLDERS = (*Path(__file__).parents[1:3], Path(asyncio.__file__).parent)
_OURS = tuple(os.path.realpath(folder) + os.sep for folder in _FOLDERS)
"""Where files of cellc and asyncio are; the rooms of cellc may be links."""


class Stop(BaseException):
    """Ends code from inside: what it is doing will not count. Nothing but the runtime catches it."""


def described(problem: BaseException, reason: str = "") -> str:
    """Return an exception, or the reason why it is a problem, and where it was raised."""
    text = f"{problem}"[:MOST_TEXT]
    name = type(problem).__qualname__
    told = reason or (f"{name}: {text}" if text else name)
    return "\n".join([told, *_lines(traceback.extract_tb(problem.__traceback__))])


def brief(problem: BaseException) -> str:
    """Return an exception and the innermost place of the code, in one line."""
    first, *places = described(problem).splitlines()
    return f"{first}, at {places[-1].strip()}" if places and places[-1].startswith("  ") else first


def waits_at(coroutine: Any) -> list[str]:
    """Return the places at which a coroutine waits, the innermost last."""
    found: list[traceback.FrameSummary] = []
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        found += traceback.extract_stack(frame, limit=1)
        coroutine = coroutine.cr_await
    return _lines(found)


def places_of(frame: FrameType | None) -> list[str]:
    """Return the places in the code from which the runtime was called, the innermost last."""
    stack = traceback.extract_stack(frame)
    while stack and _is_ours(stack[-1]) and stack[-1].name != ENTRY:
        stack.pop()
    first = next((i for i in range(len(stack), 0, -1) if _is_ours(stack[i - 1])), 0)
    return _lines(stack[first:])


def _lines(places: Iterable[traceback.FrameSummary]) -> list[str]:
    shown = [place for place in places if not _is_ours(place)][-MOST_PLACES:]
    return [f"  {shown_path(place.filename)}:{place.lineno} in {place.name}: {place.line}" for place in shown]


def _is_ours(place: traceback.FrameSummary) -> bool:
    return os.path.realpath(place.filename).startswith(_OURS) or place.filename.startswith("<frozen")


def shown_path(file: str) -> str:
    """Return a path from the current folder on, where the file is in it."""
    relative = os.path.relpath(file)
    return file if relative.startswith(os.pardir) else relative
