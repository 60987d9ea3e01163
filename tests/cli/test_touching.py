"""`cellc check --effects`: what a program may touch, as far as its text says."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

TOUCHES = """\
cellc: 1
module: shop
effects:
  charge:
    in: {order: uuid}
    delivery: once
    errors: [Unknown]
    probe: known
    via: http.post
    with: {url: "https://pay.example/${order}", headers: {Authorization: "${secret.TOKEN}"}}
  known:
    in: {order: uuid}
    out: bool
    delivery: read
    via: http.get
    with: {url: "${env.PAY_URL}/known", query: {order: "${order}"}}
  idle:
    in: {order: uuid}
    delivery: idempotent
    via: http.post
    with: {url: "https://idle.example"}
cells:
  work:
    in: {order: uuid, path: string(1..)}
    errors: [Unknown]
    effects: [charge, file.read, file.write]
    do: |
      charge(order)
      text = file.read(path)
      other = file.read(path="prices.txt")
      file.write(path="all.txt", text=f"{text}{other}")
"""


@pytest.fixture
def program(folder: Path) -> str:
    (folder / "shop.cell.yaml").write_text(TOUCHES)
    return "shop.cell.yaml"


def test_tools_get_each_effect_that_a_run_can_come_to(program: str, cellc: Cellc) -> None:
    done = cellc("check", "--effects", "--format", "json", program)
    (told,) = json.loads(done.out)
    assert (done.code, told["file"], told["module"], told["code"]) == (0, program, "shop", [])
    assert {e["effect"]: (e["performed_by"], e["targets"], e["env"], e["secrets"]) for e in told["effects"]} == {
        "file.read": ("file.read", ["${...}", "prices.txt"], [], []),
        "file.write": ("file.write", ["all.txt"], [], []),
        "shop.charge": ("http.post", ["https://pay.example/${...}"], [], ["TOKEN"]),
        "shop.known": ("http.get", ["${env.PAY_URL}/known"], ["PAY_URL"], []),
    }
    assert {e["delivery"] for e in told["effects"]} == {"read", "idempotent", "once"}


def test_people_get_a_line_for_each_effect(program: str, cellc: Cellc) -> None:
    assert cellc("check", "--effects", program).out.splitlines() == [
        program,
        "  file.read   file.read   ${...}, prices.txt",
        "  file.write  file.write  all.txt",
        "  charge      http.post   https://pay.example/${...}  secret TOKEN",
        "  known       http.get    ${env.PAY_URL}/known        env PAY_URL",
    ]


def test_code_is_named_and_a_program_may_touch_nothing(folder: Path, cellc: Cellc) -> None:
    (folder / "code.cell.yaml").write_text("cellc: 1\ncells:\n  score:\n    out: int\n    python: scoring:score\n")
    done = cellc("check", "--effects", "code.cell.yaml", "hello.cell.yaml")
    assert done.out == "code.cell.yaml\n  code scoring:score\nhello.cell.yaml\n  nothing\n"


def test_a_wrong_program_is_told_as_ever(folder: Path, cellc: Cellc) -> None:
    (folder / "wrong.cell.yaml").write_text("cellc: 1\ncells:\n  work:\n    out: int\n    do: return x\n")
    done, plain = cellc("check", "--effects", "wrong.cell.yaml"), cellc("check", "wrong.cell.yaml")
    assert (done.code, done.out) == (plain.code, plain.out) == (1, plain.out)


@pytest.mark.parametrize("flags", [("--fix",), ("--watch",), ("--format", "sarif")])
def test_it_goes_with_nothing_that_means_something_else(flags: tuple[str, ...], program: str, cellc: Cellc) -> None:
    assert cellc("check", "--effects", *flags, program).code == 2
