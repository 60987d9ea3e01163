"""Subtyping as a question about sets: S <: T when no value is in S and not in T.

`is_subtype`, `overlaps`, `is_inhabited`, `is_guarded` ask; `join`, `widen` and the narrowing functions make the types
of variables; `fits_after_projection` says what an assignment needs. The theory is at the top of `search.py`.
"""

from cellc.language.subtype.fitting import Check, Exact, Fit, Mismatch, Project, fits_after_projection
from cellc.language.subtype.inhabited import plainly_inhabited
from cellc.language.subtype.narrowing import (
    constants_of,
    join,
    keep_type,
    remove_null,
    widen,
    without_type,
)
from cellc.language.subtype.relations import is_guarded, is_inhabited, is_subtype, overlaps
from cellc.language.subtype.search import Answer, No, Unknown, Yes

__all__ = [
    "Answer",
    "Check",
    "Exact",
    "Fit",
    "Mismatch",
    "No",
    "Project",
    "Unknown",
    "Yes",
    "constants_of",
    "fits_after_projection",
    "is_guarded",
    "is_inhabited",
    "is_subtype",
    "join",
    "keep_type",
    "overlaps",
    "plainly_inhabited",
    "remove_null",
    "widen",
    "without_type",
]
