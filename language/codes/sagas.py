"""6xx: sagas."""

from cellc.language.codes.code import Code, Severity

CODES = (
    Code("E600", "bad-undo", "`{name}` undoes nothing", "`undo` names one call of a cell or effect"),
    Code(
        "E601", "undo-without-result", "`{name}` is the result of `{callee}`, which gives none", "undo it by its inputs"
    ),
    Code("E602", "clause-without-call", "`{name}` belongs to a call, and there is none here", "remove it"),
    Code(
        "W603",
        "undo-may-fail",
        "the undo `{undo}` may end in {errors}: the run would stand there until a person acts",
        "handle it in a cell that does the undoing",
        Severity.WARNING,
    ),
    Code(
        "W604",
        "nothing-to-undo",
        "`{callee}` changes nothing that could be undone",
        "remove the `undo`",
        Severity.WARNING,
    ),
    Code(
        "W605",
        "not-undone",
        "`{callee}` has no `undo`, and this cell can fail after it",
        "add `undo ...`, do it last, or `commit` after it",
        Severity.WARNING,
    ),
    Code(
        "W606",
        "irreversible-before-fallible",
        "`{callee}` is done once and for all, and this cell can fail after it",
        "do it last, or `commit` after it",
        Severity.WARNING,
    ),
    Code(
        "E607",
        "undo-without-end",
        "each round leaves another undo to be kept, and nothing bounds the rounds",
        "{help}",
    ),
)
