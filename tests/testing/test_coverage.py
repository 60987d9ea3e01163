"""`cellc test --coverage`: each kind of gap is told at its line, and none is told where the cases reach everything."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cellc.cli import command

PROGRAM = """\
cellc: 1
module: shop
errors:
  Declined: {reason: string}
effects:
  charge:
    in: {amount: int}
    errors: [Declined]
    delivery: idempotent
    timeout: 5s
  note:
    in: {text: string}
    delivery: idempotent
cells:
  pay:
    in: {amounts: [int], how: enum(card | cash), most: int?}
    out: int
    errors: [Declined]
    effects: [charge, note]
    do: |
      total = 0
      for amount in amounts:
        total = total + amount
      if total == 0:
        return 0
      match how:
        case 'card':
          try:
            charge(amount=total) within 3s
          except Timeout:
            note(text="slow")
        case 'cash':
          note(text="cash")
      while most != null and total > most:
        total = total - 1
      return total
  buy:
    in: {amounts: [int], how: enum(card | cash), most: int?}
    out: {total: int, noted: bool}
    errors: [Declined]
    topology:
      total: pay(amounts=amounts, how=how, most=most)
      notes: par(note(text=f"{a}") for a in amounts, limit=2)
      big: note(text="big") when total > 100
      return: {total: total, noted: total > 100}
main: buy
"""

CARD = """\
test: shop.cell.yaml
cases:
  - name: by card
    input: {amounts: [1, 2], how: card, most: null}
    handlers: {charge: [{}], note: [{}]}
    expect: {status: completed}
"""

REST = """\
  - name: nothing
    input: {amounts: [], how: card, most: null}
    expect: {output: {total: 0, noted: false}}
  - name: much in cash
    input: {amounts: [200], how: cash, most: 150}
    handlers: {note: [{}]}
    expect: {output: {total: 150, noted: true}}
  - name: slow
    input: {amounts: [5], how: card, most: null}
    handlers: {charge: [{never: true}], note: [{}]}
    expect: {status: completed}
    crash: everywhere
  - name: declined
    input: {amounts: [5], how: card, most: null}
    handlers: {charge: [{raises: Declined, with: {reason: no}}], note: [{}]}
    expect: {error: Declined}
"""


def run(folder: Path, tests: str, *arguments: str) -> tuple[int, str]:
    (folder / "shop.cell.yaml").write_text(PROGRAM, encoding="utf-8")
    (folder / "shop.test.yaml").write_text(tests, encoding="utf-8")
    result = CliRunner().invoke(command, ["test", str(folder), *arguments], standalone_mode=False)
    assert result.exception is None, result.output
    return int(result.return_value), result.output


def line_of(text: str) -> int:
    return 1 + next(number for number, line in enumerate(PROGRAM.splitlines()) if text in line)


@pytest.mark.parametrize(
    ("cell", "text", "said"),
    [
        ("pay", "for amount in", "`loop#1` never has no items"),
        ("pay", "if total == 0", "the test of `choose#1` is never true"),
        ("pay", "return 0", "`return#1` is never reached"),
        ("pay", "match how", "case 2 of `match#1` is never taken"),
        ("pay", "charge(amount", "`charge` never ends in `Declined`"),
        ("pay", "charge(amount", "`charge` never ends in `Timeout`"),
        ("pay", 'note(text="slow")', "`note` is never reached"),
        ("pay", 'note(text="cash")', "`note#2` is never reached"),
        ("pay", "while most", "the test of `while#1` is never true"),
        ("pay", "total = total - 1", "`total#3` is never reached"),
        ("buy", "total: pay(", "`total` never ends in `Declined`"),
        ("buy", "notes: par(", "`notes` never has no items"),
        ("buy", "big: note(", "`big` is never reached"),
    ],
)
def test_a_gap_is_told_at_its_line(tmp_path: Path, cell: str, text: str, said: str) -> None:
    _, told = run(tmp_path, CARD, "--coverage")
    assert f"shop.cell.yaml:{line_of(text)}: {cell}: {said}\n" in told, told


def test_cases_that_reach_everything_leave_no_gap(tmp_path: Path) -> None:
    code, told = run(tmp_path, CARD + REST, "--fail-under", "100")
    assert code == 0, told
    assert told.splitlines()[-1].endswith("points reached, 100%"), told


def test_less_than_what_is_asked_for_is_exit_1(tmp_path: Path) -> None:
    code, told = run(tmp_path, CARD, "--fail-under", "100")
    assert code == 1
    assert "--fail-under asks for 100%" in told
    assert run(tmp_path, CARD, "--fail-under", "10")[0] == 0


def test_tools_get_the_same(tmp_path: Path) -> None:
    _, told = run(tmp_path, CARD, "--coverage")
    _, listed = run(tmp_path, CARD, "--coverage", "--format", "json")
    program = json.loads(listed)["coverage"]["programs"][0]
    assert (program["module"], len(program["missed"])) == ("shop", told.count(": pay: ") + told.count(": buy: "))
    assert all(gap["message"] in told and gap["line"] > 1 for gap in program["missed"])


def test_cases_of_several_files_of_one_program_count_together(tmp_path: Path) -> None:
    (tmp_path / "rest.test.yaml").write_text("test: shop.cell.yaml\ncases:\n" + REST, encoding="utf-8")
    code, told = run(tmp_path, CARD, "--fail-under", "100")
    assert code == 0, told


@pytest.mark.parametrize(
    ("items", "counts"),
    [
        ("order.lines", False),
        ("order.more", True),
        ("zip(order.lines, order.lines)", False),
        ("zip(order.lines, order.more)", True),
        ("enumerate(order.lines)", False),
    ],
)
def test_a_list_that_has_items_by_its_type_need_not_be_empty(tmp_path: Path, items: str, *, counts: bool) -> None:
    pair = "a, b" if "(" in items else "a"
    (tmp_path / "shop.cell.yaml").write_text(
        "cellc: 1\nmodule: shop\ntypes:\n  Order: {lines: list(int 1..), more: [int]}\ncells:\n  go:\n"
        "    in: {order: Order}\n    out: int\n    do: |\n      n = 0\n"
        f"      for {pair} in {items}:\n        n = n + 1\n      return n\n",
        encoding="utf-8",
    )
    tests = tmp_path / "shop.test.yaml"
    tests.write_text(
        "test: shop.cell.yaml\ncases:\n  - name: one\n"
        "    input: {order: {lines: [1], more: [2]}}\n    expect: {output: 1}\n",
        encoding="utf-8",
    )
    told = CliRunner().invoke(command, ["test", str(tests), "--coverage"], standalone_mode=False).output
    assert ("never has no items" in told) is counts, told
