"""Graphs as networkx objects, for people who want to look at them or compute with them.

The only module that imports networkx. The saved JSON is node-link data already: `networkx.node_link_graph(cell,
edges="edges")` loads a cell of it, and gives the same graph as `to_networkx`.
"""

from typing import Any

import msgspec
import networkx as nx

from cellc.language.graph import CellGraph, Program


def to_networkx(cell: CellGraph) -> "nx.MultiDiGraph[str]":
    """Return a cell's graph; places, edges and the contract are the attributes of nodes, edges and graph."""
    return _load(msgspec.to_builtins(cell))


def program_graph(program: Program) -> "nx.MultiDiGraph[str]":
    """Return which cell calls which cell or effect, and at which node."""
    return _load(msgspec.to_builtins(program.calls))


def _load(data: dict[str, Any]) -> "nx.MultiDiGraph[str]":
    graph = nx.node_link_graph(data, edges="edges")
    return nx.MultiDiGraph(graph)
