"""What a comparison finds: one row for each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cellc.language.graph import PlaceInFile


class Audience(StrEnum):
    """Who notices a change."""

    CALLERS = "callers"
    """Who calls cells and effects, starts runs, tells of events, names declarations: does what they do still fit?"""
    READERS = "readers"
    """Who reads results and errors: is all that comes something that they know?"""
    HANDLERS = "handlers"
    """Who performs effects: does an environment that serves the old version serve the new one?"""
    RUNS = "runs"
    """Runs that have not ended: from where do they go on in the new version?"""


class Verdict(StrEnum):
    """What a change means for its audience."""

    BREAKING = "breaking"
    KEPT = "kept"
    """Nothing breaks, and some runs stay on the version that they started with."""
    COMPATIBLE = "compatible"


class Bump(IntEnum):
    """The part of a version number that has to be raised."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Side:
    """A change in one of the two versions: what stands there as text ("" for nothing), and where, if that is known."""

    text: str
    at: PlaceInFile | None


@dataclass(frozen=True, slots=True)
class Change:
    """One row. `place` is the path of the declaration, as in `graph.Program.declared`.

    `reached` says through what else of the contract the audience comes to the place, for a type for instance.
    `witness` is a value, as text, that shows why it is breaking.
    """

    kind: str
    place: str
    audience: Audience
    verdict: Verdict
    bump: Bump
    reason: str
    old: Side
    new: Side
    witness: str | None = None
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a comparison: the module, its version, and where that is written, None where it is not."""

    module: str
    version: str
    at: PlaceInFile | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, the worst first within each audience; none where both mean the same."""

    old: Version
    new: Version
    changes: tuple[Change, ...]

    @property
    def bump(self) -> Bump:
        """The part of the version that has to be raised, if the old one's first number is not 0."""
        return max((change.bump for change in self.changes), default=Bump.NONE)

    def of(self, audience: Audience) -> Sequence[Change]:
        """Return the rows of one audience."""
        return [change for change in self.changes if change.audience is audience]

    def verdict(self, audience: Audience) -> Verdict | None:
        """Return the worst verdict for one audience, None where nothing changes for it."""
        found = {change.verdict for change in self.of(audience)}
        return next((verdict for verdict in Verdict if verdict in found), None)
