"""For tools: the whole comparison as one JSON document."""

from collections.abc import Iterator
from typing import Any

import msgspec

from cellc.comparisons.verdicts import Verdicts
from cellc.compiler.compat.changes import Audience, Change, Side, Version
from cellc.formats.findings import Look
from cellc.formats.json import place, problem
from cellc.language.span import Span


def tell(verdicts: Verdicts, _look: Look) -> Iterator[str]:
    """Give the document."""
    comparison, numbering = verdicts.comparison, verdicts.numbering
    data = {
        "module": comparison.new.module,
        "old": _version(verdicts.old, comparison.old),
        "new": _version(verdicts.new, comparison.new),
        "bump": str(comparison.bump),
        "least": numbering.least,
        "verdicts": {audience.value: comparison.verdict(audience) for audience in Audience},
        "changes": [_change(change, verdicts) for change in comparison.changes],
        "back": verdicts.back,
        "fleet": None if verdicts.fleet is None else verdicts.fleet.data(),
        "diagnostics": [problem(d, verdicts.findings) for d in verdicts.findings.diagnostics],
    }
    yield msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _version(path: str, version: Version) -> dict[str, Any]:
    return {"path": path, "version": version.version}


def _change(change: Change, verdicts: Verdicts) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "place": change.place,
        "audience": change.audience,
        "verdict": change.verdict,
        "bump": str(change.bump),
        "reason": change.reason,
        "witness": change.witness,
        "reached": change.reached,
        "old": _side(change.old, verdicts),
        "new": _side(change.new, verdicts),
    }


def _side(side: Side, verdicts: Verdicts) -> dict[str, Any]:
    """Return a side; `place` is None where nothing is known of it, or its text is not here: then `where` names it."""
    known = side.at is not None and side.at[0] in verdicts.sources
    return {
        "text": side.text or None,
        "where": verdicts.where(side) or None,
        "place": place(Span(*side.at[:3]), verdicts.findings) if known and side.at is not None else None,
    }
