"""`cellc migrate --plan`: written by the tool, edited by people, used for the runs of a log, and for the way back."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

OLD = """\
cellc: 1
module: shop
version: 1.0.0
effects:
  review: {in: {id: string}, out: {ok: bool}, via: human.task, with: {title: "Order ${id}"}}
cells:
  main:
    in: {order: string}
    out: {ok: bool, why: string}
    effects: [review]
    do: |
      first = review(id=order)
      second = review(id=order)
      return {ok: first.ok and second.ok, why: order}
"""
NEW = (
    OLD.replace("1.0.0", "2.0.0")
    .replace("first = ", "early = ")
    .replace("first.ok", "early.ok")
    .replace("in: {order: string}\n", "in: {order: string, why: string}\n")
    .replace("why: order}", "why}")
)
SIDES = ("old.cell.yaml", "new.cell.yaml")


@pytest.fixture
def runs(cellc: Cellc, folder: Path) -> list[str]:
    """Two runs of OLD: one waits at the first review, one at the second."""
    for path, text in zip(SIDES, (OLD, NEW), strict=True):
        (folder / path).write_text(text)
    found = []
    for order in ("o1", "o2"):
        done = cellc("run", "old.cell.yaml", f"order={order}", "--detach", "--log", "log.db")
        found.append(next(word for word in done.err.split() if len(word) == 36))
    cellc("complete", f"{found[1]}/0", "--data", '{"ok": true}', "--log", "log.db")
    return found


def answered(folder: Path) -> None:
    """Answer what the plan asks, as people do."""
    path = folder / "shop.plan.yaml"
    text = path.read_text()
    assert "      # first: {to: early}\n" in text
    assert "      # why: an expression\n" in text
    text = text.replace("# first: {to: early}", "first: {to: early}")
    path.write_text(text.replace("# why: an expression", "why: 'f\"because {order}\"'"))


def test_a_plan_is_written_answered_and_used(cellc: Cellc, folder: Path, runs: list[str]) -> None:
    assert "the plan is in shop.plan.yaml" in cellc("migrate", *SIDES, "--write-plan", "shop.plan.yaml").err
    before = json.loads(cellc("migrate", *SIDES, "--plan", "shop.plan.yaml", "--log", "log.db", "--format=json").out)
    assert before["fleet"]["moved"] == 0
    answered(folder)
    done = cellc("migrate", *SIDES, "--plan", "shop.plan.yaml", "--log", "log.db", "--apply")
    assert "going back: from every place" in done.out
    assert done.out.endswith("runs in log.db\n  2 moved\n")
    for run, calls in zip(runs, ((0, 1), (1,)), strict=True):
        for call in calls:
            assert cellc("complete", f"{run}/{call}", "--data", '{"ok": true}', "--log", "log.db").code == 0
    outputs = [json.loads(cellc("show", run, "--log", "log.db", "--format=json").out)["output"] for run in runs]
    assert outputs == [{"ok": True, "why": "because o1"}, {"ok": True, "why": "because o2"}]


def test_the_same_plan_is_for_the_way_back(cellc: Cellc, folder: Path, runs: list[str]) -> None:
    cellc("migrate", *SIDES, "--write-plan", "shop.plan.yaml")
    answered(folder)
    cellc("migrate", *SIDES, "--plan", "shop.plan.yaml", "--log", "log.db", "--apply")
    (folder / "old.cell.yaml").write_text(OLD)
    back = ("migrate", *reversed(SIDES), "--plan", "shop.plan.yaml", "--log", "log.db", "--apply", "--format=concise")
    refused = cellc(*back)
    assert (refused.code, "E703" in refused.out, "E718" in refused.err) == (1, True, True)
    assert cellc(*back, "--rollback").out.splitlines()[-1] == "log.db: 2 moved"
    for run, calls in zip(runs, ((0, 1), (1,)), strict=True):
        for call in calls:
            assert cellc("complete", f"{run}/{call}", "--data", '{"ok": true}', "--log", "log.db").code == 0
    outputs = [json.loads(cellc("show", run, "--log", "log.db", "--format=json").out)["output"] for run in runs]
    assert outputs == [{"ok": True, "why": "o1"}, {"ok": True, "why": "o2"}]


def test_runs_that_cannot_be_moved_are_taken_back_where_the_plan_says_so(
    cellc: Cellc, folder: Path, runs: list[str]
) -> None:
    cellc("migrate", *SIDES, "--write-plan", "shop.plan.yaml")
    path = folder / "shop.plan.yaml"
    path.write_text(path.read_text().replace("stay: pin", "stay: cancel"))
    dry = cellc("migrate", *SIDES, "--plan", "shop.plan.yaml", "--log", "log.db")
    assert "nothing was written: `--apply` moves 0 runs, and cancels 2" in dry.out
    cellc("migrate", *SIDES, "--plan", "shop.plan.yaml", "--log", "log.db", "--apply")
    statuses = [json.loads(cellc("show", run, "--log", "log.db", "--format=json").out)["status"] for run in runs]
    assert statuses == ["cancelled", "cancelled"]


def test_a_plan_is_not_written_over_and_must_be_one(cellc: Cellc, folder: Path, runs: list[str]) -> None:
    (folder / "shop.plan.yaml").write_text("mine\n")
    done = cellc("migrate", *SIDES, "--write-plan", "shop.plan.yaml")
    assert (done.code, "error[E712]" in done.err) == (2, True)
    assert (folder / "shop.plan.yaml").read_text() == "mine\n"
    done = cellc("migrate", *SIDES, "--plan", "other.plan.yaml")
    assert (done.code, "error[E100]" in done.err) == (2, True)
    done = cellc("migrate", *SIDES, "--plan", "shop.plan.yaml")
    assert (done.code, "error[E107]" in done.err) == (1, True)
    assert runs
