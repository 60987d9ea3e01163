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
)
