"""The flow of topologies, when it is known what every cell may do: races with guards, nodes for nothing."""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

from cellc.compiler.body import Body, Site
from cellc.compiler.effect_check import Ceilings
from cellc.compiler.symbols import World
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Effect, Raise


def check_flow(
    bodies: Mapping[str, Body], effects: Mapping[str, Effect], world: World, ceilings: Ceilings, report: Report
) -> None:
    """Check the topologies."""
    for body in bodies.values():
        if body.mode == "topology":
            _Flow(body, effects, world, ceilings, report).check()


class _Flow:
    def __init__(
        self, body: Body, effects: Mapping[str, Effect], world: World, ceilings: Ceilings, report: Report
    ) -> None:
        self._body = body
        self._effects = effects
        self._world = world
        self._ceilings = ceilings
        self._report = report
        self._nodes = body.places.nodes
        self._sources: dict[str, set[str]] = {n: set() for n in self._nodes}
        for edge in body.places.edges:
            self._sources[edge.target].add(edge.source)
        self._above: dict[str, frozenset[str]] = {}
        for node in TopologicalSorter(self._sources).static_order():
            settled = (self._above[source] for source in self._sources[node])
            self._above[node] = frozenset(self._sources[node]).union(*settled)

    def check(self) -> None:
        for guard in self._body.guards if self._body.ordered else ():
            self._races(guard)
            self._never_runs(guard)
        self._for_nothing()

    # --- guards ---

    def _races(self, guard: str) -> None:
        """Report calls that may do something and race with a guard: they would sometimes happen and sometimes not.

        A node that waits for no other starts at once, guards before calls, so there is no race with it.
        """
        for site in (s for s in self._body.sites if not s.undo):
            racing = guard not in self._above[site.place] and site.place not in self._above[guard]
            waits = self._above[guard] and self._above[site.place]
            if racing and waits and self._acts(site):
                label = Label(self._body.places.spans[guard], "the guard")
                self._report.add("E505", site.span, labels=(label,), node=site.place, guard=guard)

    def _acts(self, site: Site) -> bool:
        known = self._world.effects
        return any(known[e].delivery not in ("read", None) for e in self._ceilings.reached(site.callee) if e in known)

    def _never_runs(self, guard: str) -> None:
        """Report what waits for a guard without condition: it always ends the topology first."""
        place, spans = self._nodes[guard], self._body.places.spans
        if not isinstance(place, Raise) or place.when is not None:
            return
        label = Label(spans[guard], "this always ends the topology")
        for node, above in self._above.items():
            if guard in above and node in self._written():
                self._report.add("W501", spans[node], labels=(label,))

    # --- nodes that nothing needs ---

    def _written(self) -> set[str]:
        return {name for name, place in self._nodes.items() if place.explicit and name != "return"}

    def _for_nothing(self) -> None:
        """Report calls that only look something up, when nobody looks at what they found.

        One that may end in an error may be there for that; one that waits takes its time for the topology.
        """
        failing = {escape.place for escape in self._body.escapes}
        for name in self._body.unread:
            reached = (e for site in self._sites(name) for e in self._ceilings.reached(site.callee))
            if name not in failing and not any(self._matters(e) for e in reached):
                self._report.add("W507", self._body.places.spans[name], name=name)

    def _sites(self, node: str) -> Iterator[Site]:
        return (site for site in self._body.sites if site.place == node)

    def _matters(self, effect: str) -> bool:
        known = self._effects.get(effect)
        return known is None or known.delivery != "read" or known.wait is not None
