"""What runs may touch here: `--allow` and `--deny`, and the table `[permissions]` of cellc.toml.

`--allow` stands in for the `allow` of cellc.toml; what either of them denies is denied.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cellc.exits import CannotDo, problem
from cellc.language.suggest import hint
from cellc.runtime.permissions import Permissions
from cellc.settings import PROJECT_FILE, project_folder
from cellc.stdlib_effects.declared import standard_effects

TABLES = ("permissions",)
"""What cellc.toml can hold. Anything else is told: a misspelt limit would limit nothing."""

LISTS = ("allow", "deny")


def permissions(allow: Sequence[str], deny: Sequence[str]) -> Permissions:
    """Return what is allowed by the flags and the nearest cellc.toml. Raises CannotDo."""
    path = project_folder() / PROJECT_FILE
    table = _table(path)
    given: dict[str, list[str] | None] = {name: _patterns(path, table, name) for name in LISTS}
    for flag, patterns in (("allow", allow), ("deny", deny)):
        _check(patterns, f"--{flag} ")
    for name, listed in given.items():
        _check(listed or (), f"{path}: `{name}`: ")
    allowed = list(allow) or given["allow"]
    return Permissions(None if allowed is None else tuple(allowed), (*(given["deny"] or ()), *deny))


def _table(path: Path) -> Mapping[str, Any]:
    settings = _settings(path)
    _refuse_unknown(path, settings, TABLES, "")
    table = settings.get("permissions", {})
    if not isinstance(table, dict):
        raise _misfit(path, "`permissions` must be a table", "write `[permissions]` above `allow` and `deny`")
    _refuse_unknown(path, table, LISTS, "permissions.")
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
