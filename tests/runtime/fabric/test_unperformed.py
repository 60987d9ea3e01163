"""A run that could come to something that is not performed is refused, with the name of what it is."""

from collections.abc import Callable

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.runtime.unperformed import Unperformed, unperformed

MODULE = """
cellc: 1
errors: {Busy: {}}
effects:
  plain: {in: {n: int}, out: int, delivery: read}
  limited: {in: {n: int}, out: int, delivery: read, limits: {concurrency: 3}}
  known: {in: {n: int}, out: int, delivery: idempotent, key_lifetime: 1d, probe: asked}
  asked: {in: {n: int}, out: int?, delivery: read, limits: {rate: 5/s}}
  again: {in: {n: int}, errors: [Busy], delivery: read, retry: {on: [Busy]}}
  token: {out: "{token: secret(string)}", delivery: read}
cells:
  nothing:
    in: {secret: string}
    effects: [plain]
    do: plain(n=1)
  one:
    effects: [limited]
    do: limited(n=1)
  inner:
    effects: [token]
    do: secret()
  probed:
    effects: [known]
    do: known(n=1)
  retried:
    errors: [Busy]
    effects: [again]
    do: again(n=1)
  secret:
    effects: [token]
    do: token()
  given:
    in: {all: map(secret(int))}
    do: pass
  score:
    python: "shop.risk:Score"
main: nothing
"""


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("nothing", ()),
        ("one", ()),
        ("inner", ("token: `secret(...)`",)),
        ("probed", ()),
        ("retried", ()),
        ("secret", ("token: `secret(...)`",)),
        ("given", ("given: `secret(...)`",)),
        ("score", ()),
    ],
)
def test_what_is_not_performed_is_named(cell: str, found: tuple[str, ...], compile_text: Callable[..., Compiled]):
    compiled = compile_text(MODULE)
    assert [d.message for d in compiled.diagnostics if d.code.startswith("E")] == []
    assert compiled.program
    expected = tuple(Unperformed(f"main.{name}", what) for name, _, what in (f.partition(": ") for f in found))
    assert unperformed(compiled.program, f"main.{cell}") == expected
