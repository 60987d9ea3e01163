"""What comes from other modules into a contract: their errors, types, effects, and cells that requests start."""

import pytest

from cellc.compiler.compat.compare import compare
from cellc.compiler.pipeline import compile_module
from cellc.language.graph import Program
from tests.conftest import MemorySources

SHOP = """\
cellc: 1
module: shop
use: {bank: ./bank.cell.yaml}
cells:
  buy:
    in: {sum: int}
    out: bank.Receipt
    errors: [bank.Refused]
    effects: [bank.charge]
    do: return bank.pay(sum)
main: buy
triggers:
  pay: {http: POST /pay, run: bank.pay}
"""
BANK = """\
cellc: 1
module: bank
types: {Receipt: {id: string}}
errors: {Refused: {code: int}}
effects:
  charge: {in: {sum: int}, out: Receipt, errors: [Refused], delivery: once}
cells:
  pay: {in: {sum: int, why?: string}, out: Receipt, errors: [Refused], effects: [charge], do: return charge(sum)}
"""


def compiled(bank: str) -> Program:
    result = compile_module("shop.cell.yaml", MemorySources({"shop.cell.yaml": SHOP, "bank.cell.yaml": bank}))
    assert [d.message for d in result.diagnostics] == []
    assert result.program is not None
    return result.program


def rows(old: str, new: str) -> set[tuple[str, str]]:
    assert BANK.count(old) == 1
    changes = compare(compiled(BANK), compiled(BANK.replace(old, new))).changes
    return {(c.kind, c.place) for c in changes if c.audience != "runs"}


def test_a_type_that_the_output_is_of() -> None:
    assert rows("Receipt: {id: string}", "Receipt: {id: string, at?: string}") == {
        ("output-optional-field-added", "bank/types.Receipt.at"),
        ("response-optional-field-added", "bank/types.Receipt.at"),
    }


def test_an_error_that_a_cell_ends_in() -> None:
    assert rows("Refused: {code: int}", "Refused: {code: int?}") == {
        ("output-widened", "bank/errors.Refused.code"),
        ("response-widened", "bank/errors.Refused.code"),
    }


def test_an_effect_that_its_runs_come_to_concerns_handlers_only() -> None:
    assert rows("delivery: once", "delivery: idempotent") == {
        ("delivery-stronger", "effects.bank.charge.delivery"),
        ("policy-changed", "effects.bank.charge.retry"),
    }


def test_the_input_of_a_cell_that_a_request_starts() -> None:
    assert rows("why?: string", "why?: int") == {("input-retyped", "triggers.pay.run.why")}


def test_the_body_of_a_cell_is_its_own_affair() -> None:
    assert rows("do: return charge(sum)", 'do: "return charge(sum=sum + 1)"') == set()


def with_output(type_: str) -> Program:
    text = f"cellc: 1\ncells:\n  a:\n    in:\n      t: {type_}\n    out: {type_}\n    do: return t\n"
    result = compile_module("main.cell.yaml", MemorySources({"main.cell.yaml": text}))
    assert result.program is not None
    return result.program


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_cannot_be_decided_breaks_and_says_so() -> None:
    old, new = (with_output(f"string(/{pattern}/)") for pattern in ("[ab]*a[ab]{20}", "[ab]*a[ab]{20}c?"))
    judged = {c.kind: c for c in compare(old, new).changes}
    change = judged["output-retyped"]
    assert (change.verdict, change.witness) == ("breaking", None)
    assert "something that could not be ruled out (it takes too much work)" in change.reason
