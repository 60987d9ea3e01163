"""The registry of diagnostic codes: number, name, severity and wording, once.

A phase reports a code with fields; the message and the hint are filled from here. Numbers are never used again for
another meaning (`tests/diagnostics/codes.txt` is the committed list). Ranges: 1xx syntax and shape, 2xx names, 3xx
types, 4xx effects and errors, 5xx flow, 6xx sagas, 7xx versions, 8xx bindings and runs. Every code has a page
`docs/diagnostics/CODE.md`, which `cellc explain CODE` prints.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a diagnostic is: only errors stop a compilation; a note says what is right, but good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem. `message` and `hint` are templates over the fields that are reported with it.

    `otherwise` is what to do where the fields give no hint.
    """

    code: str
    slug: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    since: str = "0.1.0"
    otherwise: str = ""


CODES: dict[str, Code] = {}


def _register(*codes: Code) -> None:
    for code in codes:
        if code.code in CODES:
            raise ValueError(f"code {code.code} is registered twice")
        CODES[code.code] = code


_register(  # 1xx: syntax and shape
    Code(
        "E100",
        "file-not-read",
        "this file cannot be read: {reason}",
        "give the path of a `.cell.yaml` file that can be read as UTF-8 text",
    ),
    Code("E101", "bad-yaml", "this is not valid YAML: {reason}"),
    Code("E102", "duplicate-key", "`{key}` is here twice", "remove or rename one of the two"),
    Code("E103", "yaml-feature", "{feature} is not allowed in a `.cell.yaml` file", "write the value out"),
    Code("E104", "file-too-large", "the file has {size}; at most {limit} can be a module", "split it and use `use:`"),
    Code("E105", "unknown-key", "{where} has no key `{key}`"),
    Code("E106", "missing-key", "{where} needs the key `{key}`"),
    Code("E107", "wrong-shape", "{where} must be {expected}, but it is {found}"),
    Code(
        "E108",
        "bad-edition",
        "`cellc:` names the edition of the language, which is 1, but this is {found}",
        "write `cellc: 1`",
    ),
    Code("E109", "bad-name", "`{name}` cannot be a name here: {why}"),
    Code("E110", "bad-type-text", "this type does not read: {reason}"),
    Code("E111", "bad-expression", "this expression does not read: {reason}"),
    Code("E112", "bad-script", "this script does not read: {reason}"),
    Code("E113", "bad-flow", "this topology line does not read: {reason}"),
    Code("E114", "lost-quotes", "the quotes of `{text}` belong to YAML, so the Cell language sees the name {text}"),
    Code("E115", "bad-bracket", "the brackets do not match: {reason}"),
    Code("E116", "bad-regex", "the regular expression does not read: {reason}"),
    Code("E117", "too-deep", "this is nested more than {limit} levels deep", "name a part of it"),
)

_register(  # 6xx: sagas
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

_register(  # 81x: the log
    Code("E810", "log-missing", "there is no log at {path}", "start a run first, or name another log with `--log`"),
    Code("E811", "log-place", "{path} cannot hold a log: {reason}", "name another place with `--log`"),
    Code(
        "E812",
        "log-foreign",
        "{path} is not a cellc log: {reason}",
        "name another file with `--log`; this one has not been changed",
    ),
    Code(
        "E813",
        "log-newer",
        "{path} was written by a newer cellc: its log format is {found}, this one knows {known}",
        "update cellc; the log has not been changed",
    ),
    Code(
        "E814",
        "log-owned",
        "{path} is in use by the running process {pid}",
        "wait until that process ends, or use another log with `--log`",
    ),
    Code("E815", "log-damaged", "{path} cannot be read: {reason}", "restore it from a backup"),
    Code("E816", "log-lost", "the log could not be kept: {reason}", "`cellc resume` goes on from what is recorded"),
    Code("E817", "run-unreadable", "{reason}", "it stays in the log as it is; a newer cellc may have written it"),
)

_register(  # 80x: what a command is given
    Code("E800", "input-misfit", "the input does not fit{where}: expected {expected}, found {found}", "{near}"),
    Code("E801", "input-not-read", "the input cannot be read: {reason}", "give a JSON object of the cell's inputs"),
    Code("E802", "no-such-cell", "this program has no cell `{name}`", "{near}"),
    Code(
        "E803",
        "handler-missing",
        "`{effect}` needs the handler `{name}`, and this cellc has none of that name",
        "let a standard effect perform it: `via: http.post`, for example",
    ),
    Code(
        "E804", "variable-missing", "`{effect}` needs the environment variable {name}, which is not set", "set {name}"
    ),
    Code(
        "E805",
        "secret-missing",
        "`{effect}` needs the secret {name}, which is not set",
        "set {name}, or {name}_FILE to the path of a file that holds it",
    ),
    Code("E806", "no-such-run", "the log has no run {name}", "`cellc runs` lists them"),
    Code("E807", "which-run", "{name} can be any of {count} runs: {runs}", "give more of its id"),
    Code("E808", "run-not-stalled", "the run {name} is {status}: there is nothing to retry", "see `cellc show {name}`"),
    Code("E809", "no-such-code", "there is no diagnostic code {name}", "{near}"),
    Code("E820", "nothing-to-check", "there is no `.cell.yaml` file in {path}"),
    Code(
        "E821",
        "file-not-written",
        "this file could not be written: {reason}",
        "nothing of it has been changed; the command can be run again",
    ),
    Code("E822", "no-type-to-write", "this module has no type `{name}`", "{near}"),
    Code(
        "E823",
        "not-performed",
        "`{name}` has {what}, which this version of cellc checks but does not perform yet",
        "the run has not been started; leave it out to run the rest",
    ),
    Code(
        "E824",
        "not-generated",
        "{path} is not as `cellc gen python` wrote it, so it is not overwritten",
        "name another file with `-o`, or remove this one",
    ),
    Code("E825", "generated-stale", "{path} {what}", "write it with `{command}`"),
    Code("E830", "no-such-event", "no program in this log declares the event `{name}`", "{near}"),
    Code("E831", "arrival-misfit", "this does not fit `{name}`{where}: expected {expected}, found {found}", "{near}"),
    Code("E832", "no-such-task", "there is no open task {name}", "`cellc tasks` lists them"),
    Code("E833", "run-over", "the run {name} is {status}: there is nothing to {verb}", "see `cellc show {name}`"),
    Code(
        "E834",
        "too-many-kept",
        "{count} events `{name}` with this key are kept already, and nothing has waited for them",
        "start what waits for them; each is forgotten after the time that `keep:` says",
    ),
)

_register(  # 2xx: names
    Code("E200", "unknown-type", "there is no type `{name}`", "{near}"),
    Code("E201", "unknown-error", "there is no error `{name}`", "{near}"),
    Code("E202", "unknown-effect", "there is no effect `{name}`", "{near}"),
    Code(
        "E203",
        "unknown-callee",
        "there is no cell, effect or function `{name}`",
        "{near}",
        otherwise="declare it here, or import the module that has it with `use:`",
    ),
    Code("E204", "unknown-name", "nothing here is called `{name}`", "{near}"),
    Code("E205", "not-a-value", "`{name}` is {what}, not a value", "{near}"),
    Code("E206", "declared-twice", "`{name}` already means something here", "give one of the two another name"),
    Code("E207", "import-not-read", "the module `{path}` cannot be read: {reason}", "paths are relative to this file"),
    Code("E208", "import-cycle", "these modules import each other: {cycle}", "move what both need to a third module"),
    Code("E209", "module-name-taken", "two modules are called `{name}`", "give one of them another `module:` name"),
    Code("E210", "recursion", "these cells call each other without end: {cycle}", "use a loop in one cell instead"),
    Code(
        "E211",
        "endless-type",
        "the type `{name}` has no finite value",
        "put a list, map or `?` where it contains itself",
    ),
    Code("E212", "reserved-name", "`{name}` belongs to the language: {why}", "choose another name"),
    Code("E213", "unknown-main", "`main` names `{name}`, which is not a cell of this module", "{near}"),
    Code("E214", "main-required", "this module has {count} cells, and none is named as `main`", "add `main: {first}`"),
    Code("E215", "unknown-event", "there is no event `{name}`", "{near}"),
    Code("E216", "nothing-to-run", "the trigger `{name}` has no cell to run", "add a cell, and name it as `run:`"),
    Code("E217", "unknown-cell", "there is no cell `{name}`", "{near}"),
    Code("E218", "bad-version-range", "`{range}` is no range of versions: {reason}", "for example `^1.2`, `>=1.2 <2`"),
    Code(
        "E219",
        "wrong-version",
        "`{name}` has the version {found}, which is not in `{range}`",
        "use another version of it, or change the range once this one has been looked at",
    ),
    Code("W220", "unused-import", "`{name}` is imported but never used", "remove it", Severity.WARNING),
    Code("W222", "unused-declaration", "the {kind} `{name}` is never used", "remove it", Severity.WARNING),
    Code("W221", "unused-variable", "`{name}` is never read", "remove it", Severity.WARNING),
)

_register(  # 3xx: types
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
        "{left} and {right} can never be equal",
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

_register(  # 4xx: effects and errors
    Code("E400", "effect-not-declared", "`{cell}` performs `{effect}`{path}, which it does not declare", "{help}"),
    Code("E401", "effects-missing", "`{cell}` performs effects, but has no `effects:`", "add `effects: [{effects}]`"),
    Code("W402", "effect-not-performed", "`{cell}` never performs `{effect}`", "remove it", Severity.WARNING),
    Code(
        "E403",
        "error-not-handled",
        "`{error}` may be raised here, and `{cell}` neither handles nor declares it",
        "{help}",
    ),
    Code("W404", "error-impossible", "`{cell}` never ends with `{error}`", "remove it", Severity.WARNING),
    Code("E405", "handler-impossible", "nothing in {where} raises `{error}`", "{near}"),
    Code("E406", "handled-before", "`{error}` is handled above already", "remove one of the two"),
    Code("E407", "retry-on-once", "`{effect}` is delivered `once`, so it cannot be retried", "remove `retry:`"),
    Code("E408", "delivery-missing", "`{effect}` does not say how it may be delivered", "{help}"),
    Code("E409", "bad-policy", "`{name}` must be {expected}", "{help}"),
    Code("E410", "with-without-via", "`with:` configures a `via:`, and there is none", "add `via:`, or remove `with:`"),
    Code("E411", "bad-via", "`{name}` is not a standard effect, so nothing can be performed through it", "{near}"),
    Code("E412", "error-not-declared", "`{effect}` does not list `{error}` in its `errors:`", "{near}"),
    Code("E413", "error-not-for-effects", "`{effect}` cannot raise `{error}`: {why}", "{help}"),
    Code("E414", "bad-key", "the key of `{effect}` must be text, a number, a date or a uuid, but this is {found}"),
    Code("E415", "bad-error-mapping", "the mapping of `{error}` {reason}", "{help}"),
    Code(
        "E420",
        "generic-effect",
        "`{name}` has no type of its own, so it cannot be used by this name",
        "declare an effect with `via: {name}` and use that",
    ),
    Code(
        "E421",
        "event-not-named",
        "the event must be named here as it is under `events:`",
        "it is known before a run starts: no `${{...}}`, no collection",
    ),
    Code("E422", "event-without-key", "`{event}` has no key that this could be compared with", "give it a `key:`"),
    Code("E423", "policy-without-use", "`{name}` does nothing here: {why}", "remove it"),
    Code(
        "E424",
        "constant-key",
        "all requests of `{effect}` would have this one key",
        "make it of inputs that tell one request from another, or leave it out",
    ),
    Code(
        "W425",
        "varying-key",
        "the key of `{effect}` reads `{name}`, {found}, which may be another each time",
        "make it of inputs that stay the same when the same thing is asked for again",
        Severity.WARNING,
    ),
    Code(
        "W426",
        "input-goes-nowhere",
        "`{name}` goes nowhere: {base} has no input of that name",
        "{near}",
        Severity.WARNING,
    ),
    Code(
        "E427",
        "result-impossible",
        "{base} gives {gives}, which can never be {out}",
        "say under `with:` how the result is made: `result: ${{response...}}`",
    ),
    Code("E428", "bad-probe", "`{probe}` cannot tell whether a call of `{effect}` happened: {reason}"),
    Code(
        "W429",
        "any-event",
        "`{effect}` takes whichever `{event}` comes first, of all keys",
        "add `key:` under `with:`, the key of the one that is meant, or `where:`",
        Severity.WARNING,
    ),
    Code("E430", "bad-cron", "this is no schedule: {reason}", "the fields are minute, hour, day, month and weekday"),
    Code("E431", "bad-http", "this is no request that could start runs: {reason}", "{help}"),
    Code("E432", "http-taken", "two triggers are started by `{http}`", "give one of them another path"),
    Code("E433", "unknown-timezone", "there is no time zone `{name}`", "{near}"),
    Code(
        "E436",
        "retries-outlive-key",
        "all attempts of `{effect}` can take {longest}, and the other side knows its key for {lifetime} only",
        "make fewer attempts or shorter waits: a repetition after that would count as a new request",
    ),
    Code(
        "E440",
        "secret-shown",
        "{what} would show a secret",
        "secrets flow only into `secret(T)` inputs and fields, and into what a handler is asked for under `with:`",
    ),
    Code(
        "E441",
        "secret-declared",
        "{what} is shown to people and kept in the log, so it cannot hold a secret",
        "leave the secret out, or give what it stands for: an id, a name",
    ),
)

_register(  # 5xx: flow
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
