"""Names in Python for names in the language: `gateway.charge` gives the method `gateway_charge`, for instance.

What Python, pydantic or the written module itself uses under a name is left alone: a class gets a number then, a field
or method a `_` behind it. What another module declares has that module's last name before its own.
"""

import keyword
import re
from collections.abc import Iterable

BUILTINS = frozenset({"None", "bool", "dict", "float", "int", "list", "str"})
"""Names of Python that annotations use."""

IMPORTED = frozenset(
    {
        "ABC",
        "Annotated",
        "Callable",
        "Decimal",
        "Field",
        "Literal",
        "Protocol",
        "TypeAlias",
        "TypeAliasType",
        "abstractmethod",
        "annotations",
        "cell",
        "overload",
    }
)
"""Names that a written module may import."""

OF_MODELS = frozenset(
    """
    construct copy dict effect from_orm json model_computed_fields model_config model_construct model_copy model_dump
    model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name model_post_init
    model_rebuild model_validate model_validate_json model_validate_strings parse_file parse_obj parse_raw schema
    schema_json update_forward_refs validate
    """.split()  # noqa: SIM905 -- easier to read and compare
)
"""What every model has; a test compares it with pydantic."""

OF_ERRORS = frozenset({"add_note", "args", "name", "value", "with_traceback"})
"""What every error has; a test compares it with Python."""

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")


class Taken:
    """Names that are in use, and new ones beside them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {*BUILTINS, *IMPORTED, *names}

    def new(self, wanted: str) -> str:
        """Return `wanted`, with a number behind it where it is in use; it is then in use."""
        name, number = wanted, 1
        while name in self._names or keyword.iskeyword(name):
            number += 1
            name = f"{wanted}{number}"
        self._names.add(name)
        return name

    def __contains__(self, name: str) -> bool:
        return name in self._names


def class_name(text: str) -> str:
    """Return the class name for a dotted, dashed or underscored name."""
    name = "".join(part[:1].upper() + part[1:] for part in _SEPARATORS.split(text))
    return name if name[:1].isalpha() else f"The{name}"


def attribute_names(names: Iterable[str], taken: Taken, of_owner: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the attribute for each of the `names` of one class, which has those `of_owner` already."""
    found: dict[str, str] = {}
    used = set(of_owner)
    for name in names:
        attribute = _SEPARATORS.sub("_", name).strip("_") or "field"
        if attribute[0].isdigit():
            attribute = f"field_{attribute}"
        while keyword.iskeyword(attribute) or attribute in taken or attribute in used:
            attribute += "_"
        used.add(attribute)
        found[name] = attribute
    return found
