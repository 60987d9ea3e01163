"""Pages that are made from the tables they describe; `make golden` writes them anew."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from cellc.compiler.compat.changes import Audience
from cellc.compiler.compat.rules import RULES
from cellc.compiler.symbols import GENERIC
from cellc.language.builtin_texts import text
from cellc.language.builtins import BUILTINS, EXAMPLE_NAMES
from cellc.stdlib_effects.declared import MODULES, UNPERFORMED, standard_source

DOCS = Path(__file__).parents[2] / "docs"


def builtins_page() -> str:
    rows = [(b.signature, b.doc, f"{b.example} == {b.result}") for b in BUILTINS.values()]
    names = " and ".join(f"`{name}` is {text(value)}" for name, value in EXAMPLE_NAMES.items())
    cells = [" | ".join(cell.replace("|", "\\|") for cell in (f"`{s}`", doc, f"`{e}`")) for s, doc, e in rows]
    return "\n".join(
        [
            "# Built-in functions",
            "",
            "Made from the table that the compiler and the runtime read; every example is a test. A function",
            "that gives pairs stands only after `in`, with two targets. `by=` is an expression over `it`, the item.",
            f"In the examples {names}.",
            "",
            "| function | | example |",
            "|---|---|---|",
            *(f"| {row} |" for row in cells),
            "",
        ]
    )


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def effects_page() -> str:
    parts = [
        "# Standard effects",
        "",
        "Declared in the Cell language, performed by the Python beside each declaration. Call them by name, as in",
        '`now = time.now()`, or give them a type of your own through `via:` ([language.md](language.md), "Effects").',
        "",
        f"Through `via:` only, because their results have no type of their own: {listed(sorted(GENERIC))}.",
        "",
        f"Declared only, so that a program with them compiles and does not run yet: {listed(UNPERFORMED)}.",
        "",
    ]
    for module in MODULES:
        source = standard_source(module)
        assert source is not None
        parts += [f"## {module}", "", "```yaml", source[1].rstrip("\n"), "```", ""]
    return "\n".join(parts)


def changes_page() -> str:
    parts = [
        "# Kinds of changes",
        "",
        "Made from the rules by which `cellc migrate` judges ([migrate.md](migrate.md)). *input* is what callers give",
        "cells and effects, *payload* what events carry, *output* what cells, effects and errors give; *request* is",
        "what effects ask handlers for, *response* what these give back, *answer* what people give back.",
        "",
    ]
    for audience in Audience:
        parts += [f"## {audience.capitalize()}", "", "| change | verdict | version | why |", "|---|---|---|---|"]
        for rule in (rule for rule in RULES.values() if rule.audience is audience):
            reason = rule.reason.format(name="...", witness="...", detail="...")
            parts.append(f"| `{rule.kind}` | {rule.verdict} | {rule.bump} | {reason} |")
        parts.append("")
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "builtins.md": builtins_page,
    "changes.md": changes_page,
    "effects.md": effects_page,
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_table_says(name: str, update_golden: bool) -> None:
    page = DOCS / name
    if update_golden:
        page.write_text(PAGES[name](), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == PAGES[name]()
