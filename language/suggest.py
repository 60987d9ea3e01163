"""Did-you-mean: the nearest of the names that would have been right."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` was probably meant to be, or None when none is near."""
    known = sorted(set(candidates))
    by_case = {c.lower(): c for c in known}
    if name.lower() in by_case:
        return by_case[name.lower()]
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None


def hint(name: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """Return "did you mean `x`?" when a candidate is near, else the known names when they are few, else `otherwise`."""
    known = sorted(set(candidates))
    near = nearest(name, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if known and len(known) <= 8:
        return "known here: " + ", ".join(f"`{k}`" for k in known)
    return otherwise
