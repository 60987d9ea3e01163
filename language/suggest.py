"""Did-you-mean: the nearest of the names that would have been right, and when it is certain that it was meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` was probably meant to be, or None when none is near."""
    known = sorted(set(candidates))
    same = [c for c in known if _letters(c) == _letters(name)]
    if same:
        return same[0]
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None


def hint(name: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """Return "did you mean `x`?" when a candidate is near, else the known names when they are few, else `otherwise`."""
    known = sorted(set(candidates))
    same = [c for c in known if _letters(c) == _letters(name)]
    if len(same) > 1:
        return "did you mean " + " or ".join(f"`{c}`" for c in same) + "?"
    near = nearest(name, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if known and len(known) <= 8:
        return "known here: " + ", ".join(f"`{k}`" for k in known)
    return otherwise


def certain(name: str, advice: str) -> str | None:
    """Return the name that `advice`, a hint from here, proposes in place of `name` where no other can be meant.

    That is so when the two are the same but for upper and lower case and for underscores: `orderId` is `order_id`. A
    misspelt letter is not enough, for the name may as well be one that has yet to be declared.
    """
    found = re.search(r"did you mean `([^`]+)`\?", advice)
    same = found is not None and found[1] != name and _letters(found[1]) == _letters(name)
    return found[1] if found and same else None


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
