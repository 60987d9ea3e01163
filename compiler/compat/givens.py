"""What a plan gives for bindings that runs of OLD lack: expressions, typed at each place where they are needed."""

from collections.abc import Mapping

from cellc.compiler.compat.calls import misfit
from cellc.compiler.compat.plans import PlannedCell
from cellc.compiler.compat.version_types import VersionTypes
from cellc.compiler.loose import loose_value
from cellc.language.diagnostics import Diagnostic, Report
from cellc.language.graph import Ir, TypeData
from cellc.language.type_codec import from_data
from cellc.language.type_text import show
from cellc.language.types import record


class Givens:
    """The expressions of one cell. An expression is right when it is at one place where it is needed."""

    def __init__(self, planned: PlannedCell, types: VersionTypes) -> None:
        self._planned = planned
        self._types = types
        self._right: set[str] = set()
        self._wrong: dict[str, tuple[Diagnostic, ...]] = {}

    def at(self, there: Mapping[str, TypeData], name: str, wanted: TypeData | None) -> Ir | None:
        """Return what is given for `name` over the bindings `there`, where that fits; None where nothing is."""
        text = self._planned.given.get(name)
        if text is None:
            return None
        report = Report()
        fields = {field: from_data(data) for field, data in there.items()}
        typed = loose_value(text, record(fields), self._types.old, report)
        if typed is not None and wanted is not None:
            needed = from_data(wanted)
            value = misfit(self._types.stays(typed.type, needed))
            if value:
                report.add("E711", text.whole, name=name, found=value, expected=show(needed))
        if typed is None or report.failed:
            self._wrong[name] = report.diagnostics
            return None
        self._right.add(name)
        return typed.ir

    @property
    def problems(self) -> list[Diagnostic]:
        """What is wrong with expressions that are right nowhere."""
        return [problem for name, found in self._wrong.items() if name not in self._right for problem in found]
