"""Reading `expect:`: each key is a check, its value decoded by the type of what it is compared with."""

from typing import cast

from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.literals import duration_value
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.type_codec import from_data
from cellc.language.types import Record, Type, TypeTable
from cellc.testing.model import Check
from cellc.testing.names import Names
from cellc.testing.yaml_values import value_of


class Expectations:
    """Reads the checks of one case."""

    def __init__(self, names: Names, output: Type, types: TypeTable, report: Report) -> None:
        self._names = names
        self._output = output
        self._types = types
        self._report = report

    def read(self, node: YamlNode) -> list[Check]:
        """Return the checks in the order of the file."""
        entries = cast("Mapping", node).entries
        return [check for key, value in entries if (check := self._check(key, value)) is not None]

    def _check(self, key: Scalar, node: YamlNode) -> Check | None:
        match key.content:
            case "output":
                before = self._report.count
                value = value_of(node, self._output, self._types, "`output`", self._report)
                return Check("output", value, node) if self._report.count == before else None
            case "error":
                return self._error(node)
            case "performed" | "performed_any_order" | "not_performed" | "undone":
                items = [cast("Scalar", each) for each in cast("Sequence", node).items]
                if key.content == "undone":
                    return Check("undone", [each.content for each in items], node)
                return Check(key.content, [self._names.effect(each) or "" for each in items], node)
            case "requests":
                return Check("requests", self._requests(node), node)
            case "keys" if isinstance(node, Mapping):
                wanted = {self._names.effect(k) or "": cast("Scalar", v).content for k, v in node.entries}
                return Check("keys", wanted, node)
            case "max_in_flight":
                entries = cast("Mapping", node).entries
                found = {self._names.effect(k) or "": core_value(cast("Scalar", v)) for k, v in entries}
                return Check("max_in_flight", found, node)
            case "at":
                return Check("at", duration_value(cast("Scalar", node).content), node)
            case _:
                return Check(key.content, cast("Scalar", node).content, node)

    def _error(self, node: YamlNode) -> Check | None:
        parts = {k.content: v for k, v in node.entries} if isinstance(node, Mapping) else {"name": node}
        name = self._names.error(cast("Scalar", parts["name"]))
        if name is None:
            return None
        fields = {}
        type_ = self._names.error_type(name)
        given = parts.get("fields")
        for key, value in given.entries if isinstance(given, Mapping) else ():
            field = type_.get(key.content) if isinstance(type_, Record) else None
            if field is None:
                self._report.add("E902", key.text.whole, what=f"field of `{name}`", name=key.content, near="")
            else:
                fields[key.content] = value_of(value, field.type, self._types, f"`{key.content}`", self._report)
        return Check("error", (name, fields), node)

    def _requests(self, node: YamlNode) -> dict[str, list[object]]:
        found = {}
        for key, inputs in cast("Mapping", node).entries:
            effect = self._names.effect(key)
            if effect is not None:
                type_ = from_data(self._names.effects[effect].input)
                what = f"a request of `{key.content}`"
                items = cast("Sequence", inputs).items
                found[effect] = [value_of(each, type_, self._types, what, self._report) for each in items]
        return found
