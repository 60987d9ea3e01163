"""Questions about text: find one that is in all of some sets of text and in none of others."""

from collections.abc import Sequence

from cellc.language.subtype.goals import Meter
from cellc.language.subtype.sets import Text, Words


def find_text(meter: Meter, within: Sequence[Text | Words], without: Sequence[Text | Words]) -> str | None:
    """Return a text that is in all of `within` and in none of `without`."""
    words = [part.words for part in within if isinstance(part, Words)]
    if words:
        shared = frozenset.intersection(*words)
        return min(
            (w for w in shared if all(_in(w, p) for p in within) and not any(_in(w, p) for p in without)), default=None
        )
    low = max((part.low for part in within if isinstance(part, Text)), default=0)
    highs = [part.high for part in within if isinstance(part, Text) and part.high is not None]
    refused = {w for part in without if isinstance(part, Words) for w in part.words}
    lengths = [
        low,
        *(p.low - 1 for p in without if isinstance(p, Text)),
        *(p.high + 1 for p in without if isinstance(p, Text) and p.high is not None),
    ]
    for length in sorted(n for n in lengths if n >= low):
        if highs and length > min(highs):
            continue
        for letter in "abcdefghijklmnopqrstuvwxyz":
            text = letter * length
            if not any(_in(text, p) for p in without):
                return text
    return None


def _in(text: str, part: Text | Words) -> bool:
    if isinstance(part, Words):
        return text in part.words
    return part.low <= len(text) and (part.high is None or len(text) <= part.high)
