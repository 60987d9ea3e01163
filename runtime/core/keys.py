"""Idempotency keys: what makes a request the same request, on every attempt and after every crash.

A key is derived from the call's place alone: run, frame path, node, occurrence, item, effect, generation. It depends on
no sequence number and no timing, so concurrent branches get the same keys in whatever order they run.
"""

from hashlib import sha256

GENERATION = 0
"""Raised by a migration, so that calls after it never share a key with calls before it."""


def member_path(path: str, node: str, occurrence: int, item: int) -> str:
    """Return the path of what a node of the frame at `path` runs; `item` is -1 outside fan-outs."""
    return f"{path}/{node}:{occurrence}" if item < 0 else f"{path}/{node}:{occurrence}[{item}]"


def place_key(run: str, path: str, effect: str) -> str:
    """Return the key of the call at `path` (see `member_path`)."""
    return sha256(f"{run}\n{path}\n{effect}\n{GENERATION}".encode()).hexdigest()[:32]
