"""What runs may touch here: `--allow` and `--deny`, and the table `[permissions]` of cellc.toml.

`--allow` stands in for the `allow` of cellc.toml; what either of them denies is denied. The table `[environment]` names
a dotenv file, whose variables runs have beside those of the process, `[http]` the networks, other than public ones,
that requests may go to, and `[file]` the folder that files are below.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cellc.exits import CannotDo, problem
from cellc.language.suggest import hint
from cellc.runtime.permissions import Permissions
from cellc.settings import PROJECT_FILE, project_folder
from cellc.stdlib_effects.declared import standard_effects
from cellc.stdlib_effects.networks import Reach

TABLES = ("permissions", "environment", "http", "file")
"""What cellc.toml can hold. Anything else is told: a misspelt limit would limit nothing."""

LISTS = ("allow", "deny")


def permissions(allow: Sequence[str], deny: Sequence[str]) -> Permissions:
    """Return what is allowed by the flags and the nearest cellc.toml. Raises CannotDo."""
    path = project_folder() / PROJECT_FILE
    table = _table(path, "permissions", LISTS)
    given: dict[str, list[str] | None] = {name: _patterns(path, table, name) for name in LISTS}
    for flag, patterns in (("allow", allow), ("deny", deny)):
        _check(patterns, f"--{flag} ")
    for name, listed in given.items():
        _check(listed or (), f"{path}: `{name}`: ")
    allowed = list(allow) or given["allow"]
    return Permissions(None if allowed is None else tuple(allowed), (*(given["deny"] or ()), *deny))


def reach() -> Reach:
    """Return the addresses that requests over HTTP may go to, as the nearest cellc.toml says. Raises CannotDo."""
    path = project_folder() / PROJECT_FILE
    named = _table(path, "http", ("networks",)).get("networks")
    if named is None:
        return Reach()
    near = 'for example `networks = ["127.0.0.0/8"]`'
    if not isinstance(named, list) or not all(isinstance(text, str) for text in named):
        raise _misfit(path, "`http.networks` must be a list of texts", near)
    try:
        return Reach(tuple(map(ip_network, named)))
    except ValueError as reason:
        raise _misfit(path, f"`http.networks`: {reason}", near) from None


def root() -> Path | None:
    """Return the folder that text files are below, None where cellc.toml names none. Raises CannotDo."""
    path = project_folder() / PROJECT_FILE
    named = _table(path, "file", ("root",)).get("root")
    if named is None:
        return None
    near = 'a folder, relative to cellc.toml: for example `root = "data"`'
    if not isinstance(named, str):
        raise _misfit(path, "`file.root` must be a text", near)
    found = path.parent / named
    if not found.is_dir():
        raise _misfit(path, f"`file.root`: {found} is no folder", near)
    return found


def variables(process: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables of runs: those of the `process`, and what the dotenv file of cellc.toml adds to them.

    A file that is not there adds nothing: where programs run for good it is not there. Raises CannotDo.
    """
    path = project_folder() / PROJECT_FILE
    named = _table(path, "environment", ("file",)).get("file")
    if named is None:
        return process
    if not isinstance(named, str):
        raise _misfit(path, "`environment.file` must be a text", 'for example `file = ".env"`')
    added = _dotenv(path.parent / named)
    # NAME_FILE of the process says where NAME comes from, so a NAME of the file must not stand before it.
    return {name: value for name, value in added.items() if f"{name}_FILE" not in process} | dict(process)


def _dotenv(file: Path) -> Mapping[str, str]:
    """Read NAME=value lines, without references to other variables: a `$` in a secret is a `$`. No line is shown."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as reason:
        why = "it is not UTF-8" if isinstance(reason, ValueError) else reason.strerror or str(reason)
        raise _misfit(file, why, "it must have a line `NAME=value` for each variable") from None
    from dotenv.parser import parse_stream  # noqa: PLC0415 -- most projects have no such file

    found: dict[str, str] = {}
    for line in parse_stream(StringIO(text)):
        if line.error or (line.key is not None and line.value is None):
            near = "write `NAME=value`, with quotes around a value that has spaces at its ends, `#` or line breaks"
            raise _misfit(file, f"line {line.original.line} is not `NAME=value`", near)
        if line.key is not None and line.value is not None:
            found[line.key] = line.value
    return found


def _table(path: Path, name: str, known: Sequence[str]) -> Mapping[str, Any]:
    settings = _settings(path)
    _refuse_unknown(path, settings, TABLES, "")
    table = settings.get(name, {})
    if not isinstance(table, dict):
        keys = " and ".join(f"`{key}`" for key in known)
        raise _misfit(path, f"`{name}` must be a table", f"write `[{name}]` above {keys}")
    _refuse_unknown(path, table, known, f"{name}.")
    return table


def _settings(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as reason:
        raise _misfit(path, reason.strerror or str(reason), "") from None
    if not content.strip():
        return {}
    import tomllib  # noqa: PLC0415 -- most projects have no settings

    try:
        return tomllib.loads(content.decode())
    except ValueError as reason:
        raise _misfit(path, str(reason), "it must be TOML in UTF-8") from None


def _refuse_unknown(path: Path, table: Mapping[str, Any], known: Sequence[str], within: str) -> None:
    for name in table:
        if name not in known:
            raise _misfit(path, f"there is no setting `{within}{name}`", hint(name, known))


def _patterns(path: Path, table: Mapping[str, Any], name: str) -> list[str] | None:
    listed = table.get(name)
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(isinstance(pattern, str) for pattern in listed):
        raise _misfit(path, f"`permissions.{name}` must be a list of texts", f'for example `{name} = ["http.*"]`')
    return listed


def _check(patterns: Sequence[str], where: str) -> None:
    """Refuse patterns that match nothing: most likely they are misspelt."""
    for pattern in patterns:
        names = standard_effects()
        if not any(fnmatchcase(name, pattern) for name in names):
            forms = [*names, *(f"{name.partition('.')[0]}.*" for name in names)]
            near = hint(pattern, forms, "for example `http.*`, or `sql.query`")
            raise CannotDo(problem("E827", where=where, pattern=pattern, near=near))


def _misfit(path: Path, reason: str, near: str) -> CannotDo:
    return CannotDo(problem("E828", path=str(path), reason=reason, near=near))
