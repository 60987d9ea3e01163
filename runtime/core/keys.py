"""Idempotency keys: what makes a request the same request, on every attempt and after every crash.

A key is derived from the call's place alone: run, frame path, node, occurrence, item, effect, generation. It depends on
no sequence number and no timing, so concurrent branches get the same keys in whatever order they run. An effect that
declares `key:` is the same request wherever that text is the same; but never the same as another effect's, or a refund
under an order's number would pass for its charge.
"""

from hashlib import sha256


def member_path(path: str, node: str, occurrence: int, member: int | str) -> str:
    """Return the path of what a node of the frame at `path` runs; `member` of a group: its index or name, else -1."""
    return f"{path}/{node}:{occurrence}" if member == -1 else f"{path}/{node}:{occurrence}[{member}]"


def undo_path(path: str, attempt: int) -> str:
    """Return the path of what undoes the call at `path`; a new attempt after a failed one is another request."""
    return f"{path}/undo" if attempt == 1 else f"{path}/undo/again-{attempt - 1}"


def place_key(run: str, path: str, effect: str, generation: int) -> str:
    """Return the key of the call at `path` (see `member_path`).

    `generation` counts the moves of the run to other versions of its program: a call that is made after one never
    shares a key with one that was made before, though its place has the name that another had.
    """
    return _digest(f"{run}\n{path}\n{effect}\n{generation}")


def declared_key(effect: str, text: str) -> str:
    """Return the key of a call whose effect declares one, which gave `text`."""
    return _digest(f"key\n{effect}\n{text}")


def again_key(key: str, attempt: int) -> str:
    """Return the key of attempt number `attempt` of a call whose attempts under `key` are known to have failed."""
    return _digest(f"{key}\n/again-{attempt - 1}")


def probe_key(key: str, count: int) -> str:
    """Return the key of the probe number `count` of the call with this key."""
    return _digest(f"{key}\n/probe-{count}")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
