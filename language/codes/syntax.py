"""1xx: what a text is: YAML, keys, shapes, and text that does not read."""

from cellc.language.codes.code import Code

CODES = (
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
