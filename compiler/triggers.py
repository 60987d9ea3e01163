"""Triggers: what starts runs by itself, an HTTP request or a schedule.

An HTTP request's JSON body is the run's input, or what `with:` makes of it; a schedule's input is what `with:` makes of
the time that was due. Both are checked on entry like any other input of a run.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from cellc.compiler.fit import Expected, Typed
from cellc.compiler.keys import key_of
from cellc.compiler.load import Unit
from cellc.compiler.policies import MILLISECOND
from cellc.compiler.scope import Local, Scope
from cellc.compiler.symbols import CellSymbol, Names
from cellc.compiler.templates import Templates
from cellc.language import ast, suggest
from cellc.language.cron import BadCron, read_cron
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Ir, Trigger
from cellc.language.timezones import timezones
from cellc.language.types import Json, Record, Scalar, optional, record

METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")

OVERLAPS = ("allow", "skip", "queue")
"""What happens at a due time while the run of an earlier one goes on; `document.schema.json` has them too."""

_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*\Z")
_DATETIME = Scalar("datetime")
_TIME = Local(record({"due": _DATETIME, "previous": optional(_DATETIME)}), "trigger")


def declare_triggers(unit: Unit, names: Names) -> Mapping[str, Trigger]:
    """Check the triggers of a module, and return those that are right, by qualified name."""
    _check_paths(unit, names.report)
    found = (_Trigger(unit, decl, names).declare() for decl in unit.tree.triggers)
    return {trigger.name: trigger for trigger in found if trigger is not None}


def _check_paths(unit: Unit, report: Report) -> None:
    """Report two triggers of one method and path."""
    first: dict[tuple[str, ...], ast.Ident] = {}
    for decl in unit.tree.triggers:
        if decl.http is None:
            continue
        other = first.setdefault(tuple(decl.http.text.split()), decl.http)
        if other is not decl.http:
            report.add("E432", decl.http.span, labels=(Label(other.span, "taken here"),), http=decl.http.text)


class _Trigger:
    def __init__(self, unit: Unit, decl: ast.TriggerDecl, names: Names) -> None:
        self._unit = unit
        self._decl = decl
        self._names = names
        self._report = names.report
        self._templates = Templates(names)

    def declare(self) -> Trigger | None:
        self._refuse_unused()
        cell = self._cell()
        if self._decl.http is not None:
            return self._http(self._decl.http, cell)
        return self._cron(self._decl.cron, cell) if self._decl.cron is not None else None

    # --- the two kinds ---

    def _http(self, http: ast.Ident, cell: CellSymbol | None) -> Trigger | None:
        method, _, path = http.text.partition(" ")
        if method not in METHODS:
            self._bad_http(http, f"`{method}` is no method that starts runs", suggest.hint(method, METHODS))
        elif not _PATH.match(path):
            help_ = "a path is compared as it stands: no parameters, no query; take values from the body"
            self._bad_http(http, f"`{path}` is no plain path", help_)
        if cell is None:
            return None
        body = cell.input if self._decl.config is None else Json()
        within = {"trigger": Local(record({"body": body}), "trigger")}
        return Trigger(
            name=self._name,
            cell=cell.name,
            method=method,
            path=path,
            input=self._input(cell, within) if self._decl.config is not None else None,
            key=self._key({"body": Local(body, "body")}),
        )

    def _cron(self, cron: ast.Ident, cell: CellSymbol | None) -> Trigger | None:
        try:
            read_cron(cron.text)
        except BadCron as problem:
            self._report.add("E430", cron.span, reason=problem)
        zone, late = self._decl.timezone, self._decl.catch_up
        if zone is not None and zone.text not in timezones():
            near = suggest.hint(zone.text, timezones(), "names are those of the IANA database, as `Europe/Paris`")
            self._report.add("E433", zone.span, name=zone.text, near=near)
        if late is not None and late.value <= timedelta():
            self._report.add("E409", late.span, name="catch_up", expected="longer than nothing", help="")
        if cell is None:
            return None
        return Trigger(
            name=self._name,
            cell=cell.name,
            cron=" ".join(cron.text.split()),
            timezone="UTC" if zone is None else zone.text,
            input=self._input(cell, {"trigger": _TIME}),
            key=self._key({"trigger": _TIME}),
            overlap=OVERLAPS[0] if self._decl.overlap is None else self._decl.overlap.text,
            catch_up=None if late is None else late.value // MILLISECOND,
        )

    # --- parts ---

    @property
    def _name(self) -> str:
        return f"{self._unit.name}.{self._decl.name.text}"

    def _bad_http(self, http: ast.Ident, reason: str, help_: str) -> None:
        self._report.add("E431", http.span, reason=reason, help=help_)

    def _refuse_unused(self) -> None:
        decl = self._decl
        given = {"timezone": decl.timezone, "overlap": decl.overlap, "catch_up": decl.catch_up}
        for name, value in given.items() if decl.http is not None else ():
            if value is not None:
                why = "it is for schedules, and requests start this trigger"
                self._report.add("E423", value.span, name=name, why=why)

    def _cell(self) -> CellSymbol | None:
        """Return the cell that is run: `run:`, else the module's `main`."""
        decl, tree = self._decl, self._unit.tree
        if decl.run is not None:
            return self._names.cell(decl.run)
        if not tree.cells and self._unit.lost("cells"):
            return None
        if not tree.cells:
            self._report.add("E216", decl.name.span, name=decl.name.text)
            return None
        # A missing or wrong `main` of several cells is reported for the module.
        main = tree.main or (tree.cells[0].name if len(tree.cells) == 1 else None)
        return None if main is None else self._names.world.cells.get(f"{self._unit.name}.{main.text}")

    def _input(self, cell: CellSymbol, scope: Scope) -> Ir:
        expected = Expected(
            cell.input, f"the input of `{cell.decl.name.text}`", Label(cell.decl.name.span, "declared here")
        )
        if cell.unread:
            return ["lit", None]
        if self._decl.config is None:
            return self._templates.types.fit(Typed(Record(()), ["record", []]), expected, self._decl.name.span).ir
        return self._templates.value(self._decl.config, expected, scope).ir

    def _key(self, scope: Scope) -> Ir | None:
        if self._decl.key is None:
            return None
        return key_of(self._decl.key, scope, self._decl.name.text, self._templates).ir
