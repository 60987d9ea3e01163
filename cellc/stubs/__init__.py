"""Python from a module's declarations: models, errors, and the types of handlers and of cells written in Python."""

from cellc.stubs.module import python_module

__all__ = ["python_module"]
