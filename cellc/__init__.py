"""Typed, durable workflows: check, run and migrate `.cell.yaml` programs."""

__version__ = "0.1.0"
