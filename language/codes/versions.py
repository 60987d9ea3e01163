"""7xx: versions, and what `cellc migrate` says of them."""

from cellc.language.codes.code import Code, Severity

CODES = (
    Code("E700", "modules-differ", "these are two modules, `{old}` and `{new}`", "compare two versions of one module"),
    Code(
        "E701",
        "version-too-low",
        "the version {new} does not say what changed since {old}: `{place}` is a {bump} change ({kind})",
        "the version has to be {least} or later",
    ),
    Code(
        "W702",
        "version-too-high",
        "the version {new} says that more has changed since {old} than has",
        "{least} would do",
        Severity.WARNING,
    ),
    Code(
        "E703", "version-lowered", "the version {new} comes before {old}", "give it a later one: {least}, for example"
    ),
    Code(
        "E704",
        "breaking-denied",
        "{count} that `--deny breaking` does not let pass",
        "keep what is there and add beside it, or release it as {least} without `--deny`",
    ),
    Code(
        "E705",
        "graph-not-read",
        "{path} is no compiled graph that can be compared: {reason}",
        "`cellc graph --format json FILE` writes one",
    ),
    Code("E706", "revision-not-read", "{path} cannot be read: {reason}", "{near}"),
    Code(
        "E707",
        "not-compared",
        "{path} is wrong by itself, so there is nothing to compare",
        "{help}",
    ),
    Code(
        "E708",
        "plan-of-others",
        "this plan is of another {side} than the one that is compared",
        "its hash is {hash} now; look at the plan again before you say so, or write it anew with `--write-plan`",
    ),
    Code("E709", "plan-name-unknown", "`{name}` is not {what}", "{near}"),
    Code("E710", "plan-place-unfit", "`{to}` cannot be the place of `{place}`: {reason}", "name another place of NEW"),
    Code(
        "E711",
        "plan-value-unfit",
        "`{name}` may be {found} by this, and NEW needs {expected} there",
        "give a value of that type, with a condition where it depends on the run",
    ),
    Code(
        "E712",
        "plan-not-written",
        "the plan {path} is not written: {reason}",
        "name a file that is not there yet",
    ),
    Code(
        "E715",
        "option-without-another",
        "`{option}` says nothing without `{needs}`",
        "`cellc migrate OLD NEW --log PATH` judges the runs of a log, and `--apply` moves them",
    ),
    Code(
        "E716",
        "no-runs-of-old",
        "the log {path} has no run of {old} as it is here: its graph is not in it",
        "name OLD as the version that runs were started on, by its Git revision or its graph; `cellc log export` has"
        " the graphs",
    ),
    Code(
        "E717",
        "run-not-of-old",
        "the run {name} is not one to move: {reason}",
        "`cellc runs --live` lists those that have not ended",
    ),
    Code(
        "E718",
        "not-moved",
        "nothing was moved: the comparison has errors",
        "mend them first; runs can wait",
    ),
)
