"""9xx: tests of programs, `*.test.yaml`."""

from cellc.language.codes.code import Code

CODES = (
    Code(
        "E900",
        "no-tests",
        "there is no `.test.yaml` file in {path}",
        "the cases of `NAME.cell.yaml` are in `NAME.test.yaml` beside it: name that file, or its folder",
    ),
    Code(
        "E901",
        "module-not-tested",
        "the module {path} cannot be tested: {reason}",
        "`cellc check {path}` tells all of it",
    ),
    Code("E902", "test-name-unknown", "there is no {what} `{name}` here", "{near}"),
    Code("E903", "test-value-misfit", "{what} does not fit{where}: expected {expected}, found {found}", "{near}"),
    Code("E904", "test-form", "{reason}"),
    Code("E905", "no-script", "the run asks for `{effect}`, and this case has no script for {request}", "{near}"),
    Code("E910", "not-as-expected", "`{key}`{where}: expected {expected}, found {found}", "{near}"),
    Code("E911", "told-in-vain", "{what} at {at} was refused: {reason}"),
    Code("E912", "crash-changes-end", "a crash {where} changes how the case ends: {what}"),
    Code("E913", "case-endless", "the case does not come to an end: {reason}"),
    Code(
        "E920",
        "case-faulted",
        "evaluation fails at `{place}`: {reason}",
        "the program goes on from there to no declared end: test the value before it is used, or raise an error; a case"
        " that means it expects `status: stalled`",
    ),
    Code(
        "E921",
        "promise-broken",
        "{what}",
        "this is a bug in cellc: no program is to be able to do this; please report it with this case",
    ),
    Code(
        "E922",
        "cannot-fuzz",
        "`{cell}` cannot be fuzzed: {reason}",
    ),
)
