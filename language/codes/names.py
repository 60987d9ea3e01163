"""2xx: names."""

from cellc.language.codes.code import Code, Severity

CODES = (
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
        "`{name}` has {found}, which is not in `{range}`",
        "use another version of it, or change the range once this one has been looked at",
    ),
    Code("W220", "unused-import", "`{name}` is imported but never used", "remove it", Severity.WARNING),
    Code("W222", "unused-declaration", "the {kind} `{name}` is never used", "remove it", Severity.WARNING),
    Code("W221", "unused-variable", "`{name}` is never read", "remove it", Severity.WARNING),
)
