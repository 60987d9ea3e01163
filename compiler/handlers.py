"""Files of handlers: what performs the effects of a program in one environment, in place of what its modules say.

A binding of such a file stands in the tree where the module's own stood, before anything looks at it: so it is checked
and compiled as that one, with its places in the file that it comes from, and the compiled program has it.
"""

from collections.abc import Iterable

from msgspec import structs

from cellc.language import ast, suggest


class Handlers:
    """The bindings of one file: `left` are those of which no effect has been found yet, by their effect's name."""

    def __init__(self, bindings: Iterable[ast.HandlerDecl] = ()) -> None:
        self.left = {binding.effect.text: binding for binding in bindings}
        self._effects: list[str] = []

    def bind(self, tree: ast.Module, module: str, *, is_main: bool) -> ast.Module:
        """Return `tree`, the module called `module`, with its effects bound as the file says.

        Effects go by their full names; those of the main module, which comes first, by their own names too.
        """
        return structs.replace(tree, effects=tuple(self._bound(decl, module, is_main=is_main) for decl in tree.effects))

    def _bound(self, decl: ast.EffectDecl, module: str, *, is_main: bool) -> ast.EffectDecl:
        own, full = decl.name.text, f"{module}.{decl.name.text}"
        self._effects.append(own if is_main else full)
        binding = (self.left.pop(own, None) if is_main else None) or self.left.pop(full, None)
        return decl if binding is None else structs.replace(decl, via=binding.via, config=binding.config)

    def near(self, name: str) -> str:
        """Return what helps where no effect has this name."""
        return suggest.hint(name, self._effects, "`cellc check --effects` prints what there is")
