"""8xx: commands, bindings, runs and the log."""

from cellc.language.codes.code import Code, Severity

CODES = (
    # 80x: what a command is given
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
    Code(
        "E826",
        "not-allowed",
        "`{effect}` is performed by `{name}`, which is not allowed here: {why}",
        "where this program may do that, allow it: `--allow`, or `[permissions]` in cellc.toml",
    ),
    Code("E827", "no-such-permission", "{where}`{pattern}` names no standard effect", "{near}"),
    Code("E828", "settings-misfit", "{path} cannot be taken: {reason}", "{near}"),
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
    Code("E835", "not-standing", "no call stands at `{place}`: {how}", "{near}"),
    Code("E836", "no-such-outcome", "the call at `{place}` cannot have ended in `{error}`: {why}", "{near}"),
    Code(
        "E837",
        "outcome-unknown",
        "the call at `{place}` may have happened, so it is not tried again",
        "find out whether it did, and say so: `cellc show {name}` has the commands",
    ),
    Code(
        "E850",
        "key-taken",
        "the key `{key}` is that of the run {name}, which was started {differs}",
        "one key means one run: `cellc show {name}` shows it; another start needs another key",
    ),
    # 86x: what an environment gives
    Code("E860", "nothing-to-bind", "this program has no effect `{name}` that is not bound here already", "{near}"),
    # 87x: cells in Python
    Code(
        "E870",
        "code-not-imported",
        "`{effect}` is `{name}`, which cannot be imported: {why}",
        "modules are looked for where Python looks, in the folder of this file, and in the current one",
    ),
    Code("E871", "code-missing", "`{effect}` is `{name}`, and {why}", "define it there, or name another one"),
    Code(
        "E872",
        "code-unfit",
        "`{effect}` is `{name}`, which cannot be a cell: {why}",
        "a cell is `async def f(inputs, fabric)`, `def f(inputs, fabric)`, or a class with `execute`, "
        "`handle_effect_result`, `state` and `load_state`",
    ),
    # 81x: the log
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
    Code("E840", "log-changed", "{where}{what}", "restore the log from a backup; what is wrong stays to be looked at"),
    Code(
        "E841",
        "log-copied",
        "{path} is a copy of {origin}, which may have gone on without it",
        "if it is this one that is to go on: cellc resume --adopt",
    ),
    Code(
        "W842",
        "log-full",
        "{reason}",
        "runs stand still and lose nothing; they go on by themselves when there is room",
        Severity.WARNING,
    ),
    Code("N845", "log-has-room", "there is room for the log again, and runs go on", severity=Severity.NOTE),
    Code(
        "W846",
        "clock-set",
        "the clock of this machine has jumped by {seconds} s: it was set, or the machine slept",
        "times in the log never go back; what is due at a time of day comes by the new time",
        Severity.WARNING,
    ),
    Code(
        "E847",
        "inbox-full",
        "nothing has been asked: {path} takes no more ({reason})",
        "try again when the process that owns the log has obeyed some",
    ),
    Code(
        "E848",
        "too-many-runs",
        "{count} runs are going on in the process that owns the log, and no more may begin",
        "start it again when some have ended or only wait",
    ),
    Code("E843", "backup-not-made", "no backup is made at {path}: {reason}", "name another place"),
    Code(
        "E844",
        "heads-unreadable",
        "{path} has no heads to compare with: {reason}",
        "`cellc log export --heads` writes them",
    ),
    Code("E817", "run-unreadable", "{reason}", "it stays in the log as it is; a newer cellc may have written it"),
)
