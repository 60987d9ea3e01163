"""The files of the grammar's room. `importlib.resources` would read them too; importing it takes longer than that."""

from pkgutil import get_data


def grammar_file(name: str) -> str:
    """Return the text of a file that comes with cellc."""
    data = get_data("cellc.grammar", name)
    assert data is not None, "cellc was installed by a loader that has no files"  # noqa: S101 -- none is known
    return data.decode()
