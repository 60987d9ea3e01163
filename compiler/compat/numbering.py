"""Whether a module's version says what changed, by SemVer 2.0.

The part that a change needs raised is that of versions from 1.0.0 on. Before, the ranges of imports (`^0.2.1` is below
0.3.0, `^0.0.3` is 0.0.3) say what a part means: in 0.y.z a breaking change raises y and any other z, in 0.0.z all raise
z. Until what a pre-release leads to is out, everything may still change.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cellc.compiler.compat.changes import Bump, Change, Comparison
from cellc.language.diagnostics import Diagnostic, Label
from cellc.language.graph import PlaceInFile
from cellc.language.span import Span
from cellc.language.versions import Version, read_version


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a comparison means for the version: the lowest one that NEW may have, and the change that forces it.

    `least` is None where OLD's version is not known. `findings` say where NEW's version is not right.
    """

    least: str | None
    forced_by: Change | None
    findings: tuple[Diagnostic, ...]


def number(comparison: Comparison) -> Numbering:
    """Judge the version of NEW. A module without a version promises nothing, and is not judged."""
    forced_by = next((c for c in comparison.changes if c.bump is comparison.bump), None)
    old, new = read_version(comparison.old.version), read_version(comparison.new.version)
    if old is None or new is None or comparison.old.at is None:
        return Numbering(None, forced_by, ())
    least = _least(old, comparison.bump)
    findings = tuple(_findings(comparison, old, new, least, forced_by))
    return Numbering(_text(least), forced_by, findings)


def _findings(
    comparison: Comparison, old: Version, new: Version, least: Version, forced_by: Change | None
) -> Iterator[Diagnostic]:
    versions = {"old": comparison.old.version, "new": comparison.new.version, "least": _text(least)}
    at = comparison.new.at
    if new < old:
        yield Diagnostic("E703", _span(at), versions, _labels(("the version then", comparison.old.at)))
    elif forced_by is not None and (new.numbers < least.numbers or new == old):
        fields = versions | {"place": forced_by.place, "bump": str(forced_by.bump), "kind": forced_by.kind}
        change = (forced_by.reason, forced_by.new.at), ("what it was", forced_by.old.at)
        yield Diagnostic("E701", _span(at), fields, _labels(*change, ("the version then", comparison.old.at)))
    elif not old.pre and _raised(old, new) > max(_raised(old, least), Bump.NONE) and not _is_first(old, new):
        yield Diagnostic("W702", _span(at), versions | {"bump": str(comparison.bump)})


def _least(old: Version, bump: Bump) -> Version:
    """Return the lowest version that may follow `old`."""
    major, minor, patch = old.numbers
    if bump is Bump.NONE or old.pre:
        return Version(old.numbers)
    if bump is Bump.MAJOR and major:
        return Version((major + 1, 0, 0))
    if (bump is Bump.MINOR and major) or (bump is Bump.MAJOR and minor):
        return Version((major, minor + 1, 0))
    return Version((major, minor, patch + 1))


def _raised(old: Version, new: Version) -> Bump:
    """Return the part in which two versions first differ."""
    differs = (one != two for one, two in zip(old.numbers, new.numbers, strict=True))
    return next(
        (part for part, is_it in zip((Bump.MAJOR, Bump.MINOR, Bump.PATCH), differs, strict=True) if is_it), Bump.NONE
    )


def _is_first(old: Version, new: Version) -> bool:
    """Return whether the module promises to be stable from now on, which is no matter of what changed."""
    return old.numbers[0] == 0 and new.numbers == (1, 0, 0)


def _text(version: Version) -> str:
    return ".".join(map(str, version.numbers))


def _span(at: PlaceInFile | None) -> Span:
    return Span("", 0, 0) if at is None else Span(*at[:3])


def _labels(*labels: tuple[str, PlaceInFile | None]) -> tuple[Label, ...]:
    return tuple(Label(_span(at), text) for text, at in labels if at is not None)
