"""Trees and languages as patterns, in what RE2, ECMA 262 and Python read alike."""

from cellc.language.regex.parse import Tree


def show_pattern(tree: Tree) -> str:
    raise NotImplementedError
