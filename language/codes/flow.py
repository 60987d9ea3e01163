"""5xx: flow."""

from cellc.language.codes.code import Code, Severity

CODES = (
    Code("E500", "node-cycle", "these nodes wait for each other: {cycle}", "remove one of the references"),
    Code("W501", "unreachable", "this is never reached", "remove it", Severity.WARNING),
    Code("E502", "maybe-unset", "`{name}` may have no value yet here", "{help}"),
    Code("E503", "return-missing", "`{cell}` may end without its output {type}", "add `return`"),
    Code(
        "W504",
        "unlimited-fan-out",
        "all items start at once, and nothing bounds their number",
        "{help}",
        Severity.WARNING,
    ),
    Code("E505", "unordered-guard", "`{node}` may run before `{guard}` is decided", "add `after {guard}`"),
    Code("E506", "return-unexpected", "`{cell}` has no output", "declare `out:`, or remove the value"),
    Code("W507", "unused-node", "the value of `{name}` is never used", "remove it", Severity.WARNING),
    Code("E508", "bad-after", "`{name}` is not a node of this topology", "{near}"),
    Code(
        "E509",
        "policy-without-rounds",
        "`{name}:` is about rounds, and there is only one without `until:`",
        "say with `until:` when it is over, or remove it",
    ),
    Code(
        "W510",
        "endless-wait",
        "nothing ends {what} when {never}",
        "{help}",
        Severity.WARNING,
    ),
    Code(
        "E511",
        "clause-of-the-node",
        "`{name}` is decided for the whole node, not for one handler",
        "put it after the call, under `call:`",
    ),
    Code(
        "W512",
        "deadline-too-short",
        "this deadline is shorter than what `{effect}` allows itself: {why}",
        "give it more time, or let the effect give up earlier",
        Severity.WARNING,
    ),
    Code("E520", "outside-loop", "`{word}` is not inside a loop", "to end the cell, write `return`"),
    Code(
        "W521",
        "condition-decided",
        "this is always {outcome}",
        "remove the test, or the part that never runs",
        Severity.WARNING,
    ),
    Code(
        "E522",
        "loop-without-end",
        "this loop never ends: no round changes the condition, waits for a call, or leaves the loop",
        "assign a variable of the condition in the loop, or write `break`",
    ),
    Code(
        "W523",
        "case-taken",
        "the cases above take everything that fits this one",
        "remove it, or put it first",
        Severity.WARNING,
    ),
)
