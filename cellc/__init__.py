"""Typed, durable workflows: check, run and migrate `.cell.yaml` programs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellc.runtime.ports import CellError as CellError

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "CellError":
        from cellc.runtime.ports import CellError  # noqa: PLC0415 -- only code without models pays for it

        return CellError
    raise AttributeError(f"module 'cellc' has no attribute {name!r}")
