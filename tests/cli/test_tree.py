"""A run's tree as people and programs get it: within the width, without colour, what needs somebody never left out."""

import json
from pathlib import Path

import pytest

from cellc.runtime.core.tree import Branch
from cellc.terminal import painter
from cellc.tree import tree_lines
from tests.cli.processes import Cellc

ROUNDS = """\
cellc: 1
events:
  opened: {data: {door: string}, key: data.door}
effects:
  open:
    in: {door: string}
    out: {door: string}
    via: event.wait
    with: {event: opened, key: "${door}"}
cells:
  main:
    in: {doors: "[string]"}
    effects: [status.set, open]
    errors: [Timeout]
    do: |
      for door in doors:
        status.set(text=f"{door}\\nnext", percent=50)
        try:
          par(a=open(door=door), b=enter(door=f"{door}{door}")) within 30d
        except Timeout:
          pass
      status.set(text="all doors")
  enter:
    in: {door: string}
    out: {door: string}
    effects: [open]
    errors: [Timeout]
    do: return open(door=door) within 1d
main: main
"""


@pytest.fixture
def run(cellc: Cellc, folder: Path) -> str:
    """A run that waits in a branch of a `par` in a `try` in a loop."""
    (folder / "rounds.cell.yaml").write_text(ROUNDS)
    done = cellc("run", "rounds.cell.yaml", 'doors=["A", "B"]', "--detach")
    assert done.code == 3, done.err
    assert "  status     " in done.err
    assert "A next (50 %)" in done.err
    return str(json.loads(cellc("runs", "--format=json").out)[0]["run"])


def test_show_draws_the_scopes_that_a_run_stands_in(cellc: Cellc, run: str) -> None:
    shown = cellc("show", run, env={"COLUMNS": "80"}).out
    assert "\x1b" not in shown
    tree = shown[shown.index("◇ main") :].partition("\n\n")[0].splitlines()
    assert max(map(len, tree)) <= 80
    assert [line.partition("  until ")[0] for line in tree] == [
        "◇ main  rounds.main  event",
        "  ◇ for door  round 1 of 2  event",
        "    ◇ try  event",
        "      ◇ par  0 of 2 done  event",
        "        ◇ [a]  rounds.open  event",
        "        ◇ [b]  rounds.enter  event",
        "          ◇ open  rounds.open  event",
    ]
    assert [" until " in line for line in tree] == [False, False, False, True, False, False, True]


def test_show_has_the_tree_and_the_progress_for_programs(cellc: Cellc, run: str) -> None:
    data = json.loads(cellc("show", run, "--format=json").out)
    assert data["progress"] == {"text": "A next", "percent": 50}
    kinds = []
    inside = [data["tree"]]
    while inside:
        kinds.append([(branch["name"], branch["kind"], branch["state"]) for branch in inside])
        inside = [each for branch in inside for each in branch["inside"]]
    assert kinds[1:4] == [[("for door", "for", "event")], [("try", "try", "event")], [("par", "par", "event")]]
    assert kinds[-1] == [("open", "effect", "event")]


def test_what_a_program_says_stands_beside_its_run(cellc: Cellc, run: str) -> None:
    assert cellc("runs").out.rstrip().endswith("  A next (50 %)")
    assert "\nA next (50 %)\n" in cellc("show", run).out
    for door in ("A", "AA"):
        assert cellc("signal", "opened", "--data", json.dumps({"door": door})).code == 0
    assert cellc("runs").out.rstrip().endswith("  B next (50 %)")
    told = cellc("log", run).out
    assert (told.count("A next (50 %)"), told.count("B next (50 %)")) == (1, 1)


def lines(branch: Branch, width: int = 80) -> list[str]:
    return list(tree_lines(branch, painter(color=False), width))


def test_of_many_members_some_are_drawn_and_none_that_needs_somebody_is_left_out() -> None:
    members = [Branch(f"[{n}]", "stalled" if n == 700 else "running", "effect", "shop.charge") for n in range(1000)]
    drawn = lines(Branch("all", "running", "par", "shop.charge", 0, 1000, inside=tuple(members)))
    assert drawn[0] == "▸ all  par  shop.charge  0 of 1000 done"
    assert drawn[1:10] == [f"  ▸ [{n}]  shop.charge" for n in range(9)]
    assert drawn[10:] == ["  ! [700]  shop.charge  stalled", "  … and 990 more in flight"]


def test_what_undoes_says_of_what_and_what_follows() -> None:
    undo = Branch("charge", "running", "undo", "shop.refund")
    scope = Branch("order", "undoing", "cell", "shop.order", detail="2 more to undo, then shop.No", inside=(undo,))
    assert lines(scope) == [
        "↶ order  shop.order  undoing  2 more to undo, then shop.No",
        "  ▸ undo of charge  shop.refund",
    ]
    assert lines(Branch("x", "undoing", "effect", detail="shop.No"))[0].endswith("  then shop.No")


@pytest.mark.parametrize("width", [20, 40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    branch = Branch("place_" * 20, "stalled", "effect", "module." * 10)
    for depth in range(30):
        branch = Branch(f"cell{depth}", "stalled", "cell", "shop.cell", inside=(branch,))
    drawn = lines(branch, width)
    assert len(drawn) == 31
    assert max(map(len, drawn)) == width
    assert all(line.strip() for line in drawn)
    assert drawn[-1].endswith("…")
