"""Keys of starts: whoever starts a run again under the same key gets the same run, not another one.

A key belongs to the run that was started with it, until that run has failed, or was cancelled or killed: then it is
free again. The log keeps it in the run's head and lets no two runs hold it. Beside it stands a digest of each field of
the input, which tells a repeated start from another one that has the same key by mistake.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from cellc.language.values import encode

FREES = frozenset({"failed", "cancelled", "killed"})
"""Statuses of a run that holds its key no longer. `sql/schema.sql` has them too."""

LONGEST = 200
"""Characters that a key has at most."""


def is_key(key: str) -> bool:
    """Return whether a text can be a key: it is not empty, can be shown on a line, and is not too long."""
    return 0 < len(key) <= LONGEST and key.isprintable()


def digests(inputs: Mapping[str, Any]) -> str:
    """Return what tells this input from another: a JSON text with a digest for each field."""
    digest = {name: blake2b(encode(value), digest_size=16).hexdigest() for name, value in inputs.items()}
    return json.dumps(digest, sort_keys=True)


def difference(cell: str, given: str, other_cell: str, other: str) -> str | None:
    """Return how a start of `cell` on what has the digests `given` differs from another one; None: it is the same."""
    if cell != other_cell:
        return f"as a run of `{cell}`"
    ours, theirs = json.loads(given), json.loads(other)
    fields = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    if not fields:
        return None
    return f"with another {', '.join(f'`{name}`' for name in fields)}"
