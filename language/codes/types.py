"""3xx: types."""

from cellc.language.codes.code import Code, Severity

CODES = (
    Code("E300", "bad-refinement", "this is not a type: {reason}"),
    Code("E301", "type-mismatch", "{what} must be {expected}, but this is {found}{reason}", "{help}"),
    Code("E302", "unknown-field", "{type} has no field `{name}`", "{near}"),
    Code(
        "E303", "maybe-null", "this may be null, and {what}", "test it first (`if x != null`), or give a default: `??`"
    ),
    Code("E304", "missing-argument", "the call of `{callee}` lacks {missing}", "{signature}"),
    Code("E305", "extra-argument", "`{callee}` has no input `{name}`", "{near}"),
    Code("E306", "given-twice", "`{name}` is given twice", "remove one of the two"),
    Code("E307", "unnamed-argument", "it is not clear which input of `{callee}` this is", "name it: {near}"),
    Code("E308", "bad-operand", "`{op}` does not work on {types}", "{help}"),
    Code(
        "E309",
        "mixed-numbers",
        "decimal and float do not mix in `{op}`",
        "make both the same: `to_decimal(x)` or `to_float(x)`",
    ),
    Code(
        "E310",
        "impossible-comparison",
        "{claim}",
        "{help}",
        otherwise="compare with a value that the other side can have, or remove the test",
    ),
    Code("E311", "not-a-condition", "{what} must be true or false, but this is {found}", "{help}"),
    Code("E312", "bad-builtin-call", "`{name}` does not work here: {reason}", "{signature}"),
    Code("E313", "call-inside-expression", "`{name}` is {what}, and cannot be called inside an expression", "{help}"),
    Code(
        "E314",
        "needs-annotation",
        "the type of `{name}` does not follow from {value}",
        "write it: `{name}: T = {value}`",
    ),
    Code("E315", "no-result", "`{callee}` gives no result", "call it on a line of its own"),
    Code("E316", "extra-field", "{type} has no field `{name}`", "{near}", otherwise="remove it"),
    Code("E317", "missing-field", "{what} lacks {missing}", "{type}"),
    Code(
        "E318",
        "not-iterable",
        "{found} has no items to go through",
        "{help}",
        otherwise="lists have items; `range(n)` counts from 0 up to n",
    ),
    Code("E319", "no-text-form", "{found} has no text form", "{help}"),
    Code("E320", "bad-targets", "{reason}", "{help}"),
    Code("E321", "no-effect", "this line does nothing: its value is not used", "give it a name, or remove it"),
    Code("E322", "bare-key", "`{name}` is a name here, but the keys of a literal are text", "{help}"),
    Code("E323", "bad-spread", "`**` needs a record, but this is {found}", "name the arguments one by one"),
    Code(
        "E324",
        "bad-index",
        "{found} cannot be indexed by {index}",
        "{help}",
        otherwise="lists and texts are indexed by a whole number, maps by a text",
    ),
    Code("E325", "match-not-exhaustive", "{left}", "{help}"),
    Code("E326", "case-impossible", "{value} is never {type}, so nothing comes to this case", "{help}"),
    Code("E327", "cast-impossible", "{value} is never {type}, so this cast always fails", "{help}"),
    Code("W328", "cast-needless", "this is {type} without the cast", "remove it", Severity.WARNING),
    Code(
        "E329",
        "cast-misplaced",
        "a cast may end in the error `Invalid`, and {where} cannot end in an error",
        "cast in the cell, and pass the result on",
    ),
    Code(
        "N390",
        "checked-when-run",
        "{what} must be {expected}: this is {found}, so it is checked when it runs",
        "a value that does not fit stalls the run; a narrower type or a test before it makes it certain",
        Severity.NOTE,
    ),
)
