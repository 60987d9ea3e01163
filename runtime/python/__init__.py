"""Cells whose body is Python: finding the code, checking it, running it move by move."""
