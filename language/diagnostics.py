"""What the compiler tells a user: data only. Wording is in `codes.py`, rendering in `cellc/render.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cellc.language.codes import CODES, Severity
from cellc.language.span import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that is to blame, with a few words about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is certain to be right: replace `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: its code, its place, and the fields that the code's wording names."""

    code: str
    span: Span
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None
    strict: bool = False
    """Whether it is an error whatever its code says."""

    @property
    def severity(self) -> Severity:
        """How bad it is, as the code's registry entry says."""
        return Severity.ERROR if self.strict else CODES[self.code].severity

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        return CODES[self.code].message.format_map(self.fields)

    @property
    def hint(self) -> str:
        """What to do about it; the field `hint` replaces the code's own; may be empty."""
        code = CODES[self.code]
        return self.fields.get("hint") or code.hint.format_map(self.fields) or code.otherwise


class Report:
    """Collects the diagnostics of a compilation; a phase reports and goes on."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._errors = 0

    def add(
        self, code: str, span: Span, *, labels: tuple[Label, ...] = (), fix: Fix | None = None, **fields: object
    ) -> None:
        """Record one problem. `fields` fill the wording of `code`; a `hint` field replaces the standing hint."""
        text = {name: str(value) for name, value in fields.items()}
        CODES[code].message.format_map(text)  # a missing field is a bug of ours: let it show here, not in the renderer
        self._errors += CODES[code].severity is Severity.ERROR
        self._found.append(Diagnostic(code, span, MappingProxyType(text), labels, fix))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All errors and warnings without repeats, in a stable order: by file, offset, code."""
        return tuple(d for d in self._unique() if d.severity is not Severity.NOTE)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """All notes, in the same order."""
        return tuple(d for d in self._unique() if d.severity is Severity.NOTE)

    @property
    def count(self) -> int:
        """How many errors have been reported, repeats too: to see whether a part of the work is right."""
        return self._errors

    @property
    def failed(self) -> bool:
        """Whether any of them is an error."""
        return self._errors > 0

    def _unique(self) -> list[Diagnostic]:
        unique = {(d.span, d.code, tuple(d.fields.items())): d for d in self._found}
        return sorted(unique.values(), key=lambda d: (d.span, d.code, d.message))
