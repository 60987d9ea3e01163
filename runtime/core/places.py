"""The names of places, for people: `day/outcomes[2]/done/receipt`."""

from cellc.runtime.core.plan import Node
from cellc.runtime.core.state import Frame


def frame_path(frame: Frame) -> str:
    """Return the path of a frame, from the run's cell down."""
    if frame.parent is None or frame.node is None:
        return frame.cell.name.rpartition(".")[2]
    return place_path(frame.parent, frame.node, frame.item, frame.occurrence)


def place_path(frame: Frame, node: Node, item: int = -1, occurrence: int | None = None) -> str:
    """Return the path of a place; `item` is the index in a fan-out, and `@n` says that it is the n-th time there.

    `occurrence` counts from 0; by default it is the latest.
    """
    entries = frame.occurrences.get(node.index, 0) if occurrence is None else occurrence + 1
    again = f"@{entries}" if entries > 1 else ""
    index = f"[{item}]" if item >= 0 else ""
    return f"{frame_path(frame)}/{node.name}{again}{index}"
