"""`cellc migrate --log`: the runs of a log, judged and moved, by this process or by the one that owns the log."""

import json
import signal
import subprocess
import sys
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
    out: {ok: bool, told?: string}
    effects: [review]
    do: |
      first = review(id=order)
      second = review(id=order)
      return {ok: second.ok}
"""
NEW = OLD.replace("1.0.0", "1.0.1").replace(
    "      return {ok: second.ok}\n", "      third = review(id=order)\n      return {ok: third.ok, told: order}\n"
)
LATE = OLD.replace("1.0.0", "1.0.2").replace(
    "      second = review(id=order)\n", "      other = review(id=order)\n      second = review(id=other.ok)\n"
)


@pytest.fixture
def pair(folder: Path) -> Path:
    (folder / "old.cell.yaml").write_text(OLD)
    (folder / "new.cell.yaml").write_text(NEW)
    return folder


def begin(cellc: Cellc, order: str) -> str:
    done = cellc("run", "old.cell.yaml", f"order={order}", "--detach", "--log", "log.db")
    assert done.code == 3, done.err
    return next(word for word in done.err.split() if len(word) == 36)


def migrate(cellc: Cellc, *options: str) -> dict[str, object]:
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db", "--format", "json", *options)
    assert done.code == 0, done.err
    found: dict[str, object] = json.loads(done.out)["fleet"]
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_dry_run_says_what_would_move_and_writes_nothing(cellc: Cellc, pair: Path) -> None:
    for order in ("o1", "o2"):
        begin(cellc, order)
    before = files(pair)
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db")
    assert done.out.endswith("runs in log.db\n  2 move\n  nothing was written: `--apply` moves 2 runs\n")
    assert files(pair) == before


def test_runs_are_moved_and_go_on_in_the_new_version(cellc: Cellc, pair: Path) -> None:
    run, other = begin(cellc, "o1"), begin(cellc, "o2")
    assert migrate(cellc, "--apply", "--limit", "1", "--reason", "the audit") == {
        "log": "log.db", "applied": True, "moved": 1, "stay": [],
    }  # fmt: skip
    assert migrate(cellc)["moved"] == 1  # what is left
    assert migrate(cellc, "--apply")["moved"] == 1
    assert migrate(cellc, "--apply")["moved"] == 0
    shown = cellc("show", run, "--log", "log.db").out
    assert "from version 1.0.0" in shown
    assert ": the audit; no step here yet" in shown
    for call in range(3):
        assert cellc("complete", f"{run}/{call}", "--data", '{"ok": true}', "--log", "log.db").code == 0
    shown = json.loads(cellc("show", run, "--log", "log.db", "--format", "json").out)
    assert (shown["output"], shown["moved"]["first_step"]) == ({"ok": True, "told": "o1"}, "main/second")
    assert [line.split()[3] for line in cellc("log", run, "--log", "log.db").out.splitlines() if line[0] != " "] == [
        "started", "changed", "answered", "answered", "answered", "ended",
    ]  # fmt: skip
    assert cellc("log", "verify", "--log", "log.db").code == 0
    assert (pair / "log.db").exists()
    exported = [json.loads(line) for line in cellc("log", "export", other, "--log", "log.db").out.splitlines()]
    assert [line["type"] for line in exported] == ["log", "graph", "graph", "run", "event", "event"]
    assert cellc("log", "compact", "--log", "log.db").code == 0
    assert json.loads(cellc("show", other, "--log", "log.db", "--format", "json").out)["moved"]["from"]


def test_those_that_stay_are_told_with_the_reason_and_go_on_as_they_were(cellc: Cellc, pair: Path) -> None:
    first, second = begin(cellc, "o1"), begin(cellc, "o2")
    cellc("complete", f"{second}/0", "--data", '{"ok": true}', "--log", "log.db")
    (pair / "new.cell.yaml").write_text(LATE.replace("other.ok", "order"))
    found = migrate(cellc, "--apply")
    reason = "`other` comes before it now, and would be left out"
    stay = [{"verdict": "pin", "place": "shop.main/second", "reason": reason, "runs": 1, "some": [second]}]
    assert found == {"log": "log.db", "applied": True, "moved": 1, "stay": stay}
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db", "--format", "concise")
    assert done.out.endswith("log.db: 0 move, 1 stays at shop.main/second\n")
    for form in ("full", "markdown"):
        assert reason in cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db", "--format", form).out
    assert cellc("complete", f"{second}/1", "--data", '{"ok": true}', "--log", "log.db").code == 0
    assert json.loads(cellc("show", second, "--log", "log.db", "--format", "json").out)["output"] == {
        "ok": True,
    }  # fmt: skip
    assert first != second


def test_only_some_runs_are_moved(cellc: Cellc, pair: Path) -> None:
    runs = [begin(cellc, f"o{n}") for n in range(3)]
    assert migrate(cellc, "--apply", "--only", runs[2], "--only", runs[0])["moved"] == 2
    moved = [bool(json.loads(cellc("show", run, "--log", "log.db", "--format=json").out)["moved"]) for run in runs]
    assert moved == [True, False, True]
    refused = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db", "--apply", "--only", runs[0])
    assert (refused.code, "E717" in refused.err) == (1, True)
    assert pair.is_dir()


def test_a_run_goes_back_where_it_came_from(cellc: Cellc, pair: Path) -> None:
    run = begin(cellc, "o1")
    migrate(cellc, "--apply")
    (pair / "newer.cell.yaml").write_text(OLD.replace("1.0.0", "1.0.2"))
    done = cellc("migrate", "new.cell.yaml", "newer.cell.yaml", "--log", "log.db", "--apply", "--format", "concise")
    assert done.out.endswith("log.db: 1 moved\n")
    for call in ("0", "1"):
        cellc("complete", f"{run}/{call}", "--data", '{"ok": true}', "--log", "log.db")
    assert json.loads(cellc("show", run, "--log", "log.db", "--format=json").out)["output"] == {"ok": True}


def test_a_version_that_is_wrong_moves_nothing(cellc: Cellc, pair: Path) -> None:
    begin(cellc, "o1")
    (pair / "new.cell.yaml").write_text(NEW.replace("1.0.1", "0.9.0"))
    before = files(pair)
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--log", "log.db", "--apply")
    assert (done.code, "E718" in done.err) == (1, True)
    assert files(pair) == before


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--apply"], "E715"),
        (["--only", "0"], "E715"),
        (["--log", "log.db", "--limit", "3"], "E715"),
        (["--log", "none.db"], "E810"),
        (["--log", "none.db", "--apply"], "E810"),
        (["--log", "old.cell.yaml"], "E812"),
    ],
)
def test_what_cannot_be_done_is_told(options: list[str], code: str, cellc: Cellc, pair: Path) -> None:
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", *options)
    assert (done.code, f"error[{code}]" in done.err) == (2, True), done.err
    assert not (pair / "none.db").exists()


def test_the_process_that_owns_the_log_moves_its_runs(cellc: Cellc, pair: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "cellc", "run", "old.cell.yaml", "order=o1", "--log", "log.db"]
    with subprocess.Popen(
        command, cwd=pair, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stderr is not None
        assert owner.stdout is not None
        try:
            assert any("started" in line for line in owner.stderr)  # the run is in the log, and waits
            run = json.loads(cellc("runs", "--log", "log.db", "--format=json").out)[0]["run"]
            assert migrate(cellc, "--apply", "--reason", "now")["moved"] == 1
            for call in range(3):
                assert cellc("complete", f"{run}/{call}", "--data", '{"ok": true}', "--log", "log.db").code == 0
            assert json.loads(owner.stdout.read()) == {"ok": True, "told": "o1"}
        finally:
            owner.send_signal(signal.SIGKILL)
