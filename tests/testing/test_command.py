"""`cellc test`: what it finds in files and in runs, how it tells it, and its exit codes."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from click.testing import CliRunner, Result

from cellc.cli import command
from cellc.testing.choosing import BadChoice, Choice

SCHEMA = Path(__file__).parents[1] / "cli" / "schemas" / "junit-10.xsd"

PROGRAM = """\
cellc: 1
module: shop
errors:
  Declined: {reason: string}
effects:
  hold:
    in: {order: string}
    out: {id: string, until: datetime}
    delivery: idempotent
    via: http.post
    with: {url: "${env.SHOP_URL}", json: {order: "${order}"}}
  release:
    in: {id: string}
    delivery: idempotent
    via: http.post
    with: {url: "${env.SHOP_URL}", json: {id: "${id}"}}
  charge:
    in: {order: string, amount: decimal}
    errors: [Declined]
    delivery: once
    via: http.post
    with: {url: "${env.SHOP_URL}", json: {}, errors: {Declined: {status: 402, with: {reason: "no"}}}}
cells:
  pay:
    in: {order: string}
    out: {id: string, at: datetime}
    errors: [Declined]
    effects: [hold, release, charge, time.now, log.info]
    do: |
      held = hold(order) undo release(id=held.id)
      charge(order, amount=9.50)
      log.info(message="paid")
      now = time.now()
      return {id: held.id, at: now}
"""

PAID = """\
test: shop.cell.yaml
cases:
  - name: an order is paid
    input: {order: A1}
    handlers:
      hold: [{after: 20s, returns: {id: h1, until: 2026-02-01T00:00:00Z}}]
      charge: [{}]
    expect:
      status: completed
      output: {id: h1, at: 2026-01-01T00:00:20Z}
      performed: [hold, charge]
      requests: {charge: [{order: A1, amount: 9.5}]}
      at: 20s
    crash: everywhere
  - name: no money
    input: {order: A1}
    handlers:
      hold: [{returns: {id: h1, until: 2026-02-01T00:00:00Z}}]
      release: [{}]
      charge: [{raises: Declined, with: {reason: no money}}]
    expect:
      error: {name: Declined, fields: {reason: no money}}
      performed: [hold, charge, release]
      undone: [hold]
    crash: everywhere
"""


def run(folder: Path, tests: str, *arguments: str) -> tuple[int, str]:
    (folder / "shop.cell.yaml").write_text(PROGRAM, encoding="utf-8")
    (folder / "shop.test.yaml").write_text(tests, encoding="utf-8")
    result = CliRunner().invoke(command, ["test", str(folder), *arguments], standalone_mode=False)
    assert result.exception is None, result.output
    return int(result.return_value), result.output


def test_cases_pass_where_once_calls_are_cut_off_too(tmp_path: Path) -> None:
    code, told = run(tmp_path, PAID)
    assert (code, told.splitlines()[-1]) == (0, "2 cases: 2 passed"), told


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("hold: [{after", "hodl: [{after", "E902", "did you mean `hold`?"),
        ("id: h1, until: 2026-02-01T00:00:00Z", "id: h1, until: soon", "E903", "the answer of `hold`"),
        ("input: {order: A1}", "input: {}", "E903", "`input` does not fit"),
        ("charge: [{}]", "charge: [{returns: 1}]", "E903", "the answer of `charge`"),
        ("raises: Declined", "raises: Timeout", "E90", "`Timeout`"),
        ("      release: [{}]\n", "", "E905", "no script for it"),
        ("at: 20s", "at: 21s", "E910", "`at`: expected 21s, found 20s"),
        ("performed: [hold, charge]", "performed: [hold]", "E910", "found [hold, charge]"),
        ("amount: 9.5}", "amount: 9.6}", "E910", "`[0].amount`"),
        ("undone: [hold]", "undone: []", "E910", "found [hold]"),
        ("status: completed", "status: failed", "E910", "expected failed, found completed"),
        ("{id: h1, at:", "{id: h2, at:", "E910", 'expected "h2", found "h1"'),
        ("      status:", "      statsu:", "E105", "did you mean `status`?"),
        ("  - name: no money\n", "  - name: an order is paid\n", "E904", "another case"),
        ("at: 20s", "at: soon", "E107", "a duration"),
        ("after: 20s", "after: 400000000d", "E904", "at most 365000d"),
        ("    crash: everywhere\n  -", "    crash: {after: charge, n: 2}\n  -", "E904", "not performed 2 times"),
        ("input: {order: A1}", "cancel: {at: 1s}\n    input: {order: A1}", "E905", "asks for `release`"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, code: str, said: str) -> None:
    assert old in PAID
    status, told = run(tmp_path, PAID.replace(old, new))
    assert status == 1
    assert f"error[{code}" in told
    assert said in told
    assert "Traceback" not in told
    _, listed = run(tmp_path, PAID.replace(old, new), "--format", "json")
    data = json.loads(listed)
    problems = [p for f in data["files"] for p in (*f["problems"], *(p for c in f["cases"] for p in c["problems"]))]
    assert problems
    assert all(p["place"]["path"].endswith("shop.test.yaml") and p["place"]["start"]["line"] > 1 for p in problems)


def test_junit_follows_the_schema(tmp_path: Path) -> None:
    file = tmp_path / "out.xml"
    code, _ = run(tmp_path, PAID.replace("at: 20s", "at: 21s"), "--junit", str(file))
    assert code == 1
    xmlschema.XMLSchema(str(SCHEMA)).validate(str(file))
    suite = ET.parse(file).getroot()[0]  # noqa: S314 -- our own
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_k_chooses_and_what_is_not_there_is_exit_2(tmp_path: Path) -> None:
    assert run(tmp_path, PAID, "-k", "money and not paid")[1].splitlines()[-1] == "1 case: 1 passed"
    assert run(tmp_path, PAID, "-k", "nothing")[0] == 2
    assert run(tmp_path, PAID, str(tmp_path / "gone.test.yaml"))[0] == 2


@pytest.mark.parametrize("text", ["a and", "(a", "a b", "not", '"a'])
def test_a_choice_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadChoice):
        Choice(text)


def test_no_line_is_wider_than_80_and_nothing_is_coloured(tmp_path: Path) -> None:
    _, told = run(tmp_path, PAID.replace("id: h1, at", "id: h2, at"))
    assert "\x1b" not in told
    assert all(len(line) <= 80 for line in told.splitlines() if line.startswith("  ") and "-->" not in line), told


def test_code_that_is_not_there_is_told_before_anything_is_played(tmp_path: Path) -> None:
    program = "cellc: 1\ncells:\n  pay:\n    in: {order: string}\n    out: string\n    python: not_there_at_all:pay\n"
    (tmp_path / "code.cell.yaml").write_text(program, encoding="utf-8")
    case = "test: code.cell.yaml\ncases: [{name: one, input: {order: a}, expect: {output: a}}]\n"
    status, told = run(tmp_path, case)
    assert status == 1
    assert "error[E904]: the code `not_there_at_all:pay` of `pay` cannot be used" in " ".join(told.split()), told


CHOOSES = """\
cellc: 1
module: choose
types:
  Order: {id: string, lines: [int], note?: string}
effects:
  price:
    in: {order: Order, rate: decimal}
    out: int
    delivery: read
    via: http.get
    with: {url: "https://prices.example"}
cells:
  go:
    in: {order: Order}
    out: int
    effects: [price]
    do: return price(order, rate=0.5)
"""


def chosen(folder: Path, by: str, when: str) -> Result:
    (folder / "choose.cell.yaml").write_text(CHOOSES, encoding="utf-8")
    tests = folder / "choose.test.yaml"
    tests.write_text(
        "test: choose.cell.yaml\ncases:\n  - name: one\n    input: {order: {id: AB7, lines: [1]}}\n"
        f"    handlers: {{price: {{by: {by!r}, when: {{{when}: [{{returns: 5}}]}}}}}}\n    expect: {{output: 5}}\n",
        encoding="utf-8",
    )
    return CliRunner().invoke(command, ["test", str(tests)], standalone_mode=False)


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("order.id[:2]", "AB"),
        ("len(order.lines)", "1"),
        ("len(order.lines) > 3", "false"),
        ("order.note", "null"),
        ("rate * 2 + sum(n for n in order.lines)", "2.0"),
        ("order.lines", "'[1]'"),
    ],
)
def test_answers_are_chosen_by_any_expression_over_the_request(tmp_path: Path, by: str, value: str) -> None:
    result = chosen(tmp_path, by, value)
    assert result.return_value == 0, result.output


@pytest.mark.parametrize(("by", "code"), [("order.idd", "E302"), ("len(", "E115"), ("orders", "E204")])
def test_an_expression_that_is_wrong_is_told_at_its_place(tmp_path: Path, by: str, code: str) -> None:
    result = chosen(tmp_path, by, "AB")
    assert result.return_value == 1
    assert f"[{code}]" in result.output
    assert "choose.test.yaml:5" in result.output, result.output


def test_an_expression_that_fails_chooses_nothing(tmp_path: Path) -> None:
    result = chosen(tmp_path, "1 // (len(order.lines) - 1)", "AB")
    assert result.return_value == 1
    assert "[E905]" in result.output
