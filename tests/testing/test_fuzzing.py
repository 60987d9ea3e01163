"""Fuzzing finds planted bugs, in programs and in the runtime, and prints small cases that fail in the same way."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cellc import project
from cellc.cli import command
from cellc.runtime.core.unwinding import Unwinder
from cellc.testing.fuzzing import Fuzzed, fuzz
from cellc.testing.judging import judge
from cellc.testing.reading import read_file

EXAMPLES = sorted(Path("examples").glob("*/*.cell.yaml"))

DIVIDES = """\
cellc: 1
module: share
effects:
  count:
    in: {team: string}
    out: {members: int(0..), names: [string]}
    delivery: read
    via: http.get
    with: {url: "https://teams.example/${team}"}
cells:
  share:
    in: {team: string, total: decimal(0..)}
    out: decimal
    effects: [count]
    do: |
      found = count(team)
      if len(found.names) > 1:
        return total / found.members
      return total
"""

HOLDS = """\
cellc: 1
module: shop
errors:
  Declined: {reason: string}
effects:
  hold:
    in: {order: string}
    out: {id: string}
    delivery: idempotent
    via: http.post
    with: {url: "https://shop.example/${order}", json: {}}
  release:
    in: {id: string}
    delivery: idempotent
    via: http.post
    with: {url: "https://shop.example/release/${id}", json: {}}
  charge:
    in: {order: string}
    errors: [Declined]
    delivery: idempotent
    via: http.post
    with: {url: "https://shop.example/charge/${order}", json: {}}
cells:
  pay:
    in: {orders: list(string 1..3)}
    errors: [Declined]
    effects: [hold, release, charge]
    do: |
      for order in orders:
        held = hold(order) undo release(id=held.id)
      for order in orders:
        charge(order)
"""

HANDLES = """\
cellc: 1
module: handles
errors:
  Lost: {left: [int]}
effects:
  look:
    in: {}
    out: int
    errors: [Lost]
    delivery: read
    via: http.get
    with: {url: "https://a.example"}
cells:
  go:
    in: {}
    out: int
    effects: [look]
    do: |
      left = [0]
      try:
        return look()
      except Lost as lost:
        left = lost.left
      return 100 // len(left)
"""

WAITS = """\
cellc: 1
module: waits
events:
  paid: {data: {order: uuid, parts: int(0..)}, key: data.order}
effects:
  wait_paid:
    in: {order: uuid}
    out: {order: uuid, parts: int(0..)}
    via: event.wait
    with: {event: paid, key: "${order}"}
  decide:
    in: {order: uuid}
    out: {rate: int(0..5)}
    via: human.task
    with: {title: "Order ${order}", assign: someone}
cells:
  go:
    in: {order: uuid}
    out: int
    effects: [wait_paid, decide]
    do: |
      decided = decide(order)
      paid = wait_paid(order)
      return 100 // paid.parts + decided.rate
"""


def fuzzed(text: str, folder: Path, runs: int = 200, seed: int = 0) -> Fuzzed:
    path = folder / "planted.cell.yaml"
    path.write_text(text, encoding="utf-8")
    program = project.check(project.normalised(str(path))).program
    assert program is not None
    return fuzz(program, program.main, path.name, runs, seed)


def call(*words: str) -> Result:
    return CliRunner().invoke(command, ["fuzz", *words], standalone_mode=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name + "/" + path.name.partition(".")[0])
def test_examples_keep_their_promises(path: Path) -> None:
    program = project.check(project.normalised(str(path))).program
    assert program is not None
    result = fuzz(program, program.main, path.name, 25, 1)
    assert result.found is None or [problem.message for problem in result.found.judged.problems] == []
    assert result.runs == 25
    assert result.crashes > 0


def test_a_division_by_a_made_up_zero_is_found_and_made_small(tmp_path: Path) -> None:
    found = fuzzed(DIVIDES, tmp_path).found
    assert found is not None
    assert [problem.code for problem in found.judged.problems] == ["E920"]
    assert found.data["input"] == {"team": "a", "total": "0"}
    assert found.data["handlers"] == {"count": [{"returns": {"members": 0, "names": ["a", "a"]}}]}


def test_what_an_error_that_is_handled_carries_is_made_up_too(tmp_path: Path) -> None:
    found = fuzzed(HANDLES, tmp_path).found
    assert found is not None
    assert [problem.code for problem in found.judged.problems] == ["E920"]
    assert found.data["handlers"] == {"look": [{"raises": "Lost", "with": {"left": []}}]}


def test_people_and_events_answer_with_the_key_that_is_waited_for(tmp_path: Path) -> None:
    found = fuzzed(WAITS, tmp_path).found
    assert found is not None
    assert [problem.code for problem in found.judged.problems] == ["E920"]
    assert [told["data"]["order"] for told in found.data["events"]] == [found.data["input"]["order"]]
    assert len(found.data["complete"]) == 1


def test_an_undo_that_the_runtime_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fuzzed(HOLDS, tmp_path).found is None
    unwind = Unwinder.unwind

    def forgetful(self: Unwinder, unwinding: object) -> None:
        unwinding.undos = unwinding.undos[1:]  # type: ignore[attr-defined]
        unwind(self, unwinding)  # type: ignore[arg-type]

    monkeypatch.setattr(Unwinder, "unwind", forgetful)
    found = fuzzed(HOLDS, tmp_path).found
    assert found is not None
    assert [problem.message for problem in found.judged.problems] == [
        "`pay/held` was done, the run failed, and it was not undone"
    ]
    assert found.data["input"] == {"orders": ["a"]}


def test_undos_in_the_wrong_order_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Unwinder._begin_undo

    def first_first(self: Unwinder, unwinding: object) -> None:
        unwinding.undos.sort(key=lambda undo: -undo.order)  # type: ignore[attr-defined]
        begin(self, unwinding)  # type: ignore[arg-type]

    monkeypatch.setattr(Unwinder, "_begin_undo", first_first)
    found = fuzzed(HOLDS, tmp_path).found
    assert found is not None
    assert [problem.message for problem in found.judged.problems] == [
        "`pay/held` was undone before `pay/held@2`, which was done after it"
    ]
    assert found.data["input"] == {"orders": ["a", "a"]}


def test_the_same_seed_finds_the_same_and_another_one_may_not(tmp_path: Path) -> None:
    one, again = (fuzzed(DIVIDES, tmp_path, seed=3) for _ in range(2))
    assert one.found is not None
    assert again.found is not None
    assert (one.endings, one.found.data) == (again.endings, again.found.data)
    assert fuzzed(DIVIDES, tmp_path, seed=4).runs != one.runs


def test_a_call_that_a_crash_leaves_in_doubt_is_no_finding() -> None:
    program = project.check(project.normalised("examples/travel/travel.cell.yaml")).program
    assert program is not None
    assert fuzz(program, program.main, "travel.cell.yaml", 10, 12).found is None


def test_a_case_that_is_saved_fails_as_it_was_found(tmp_path: Path) -> None:
    (tmp_path / "planted.cell.yaml").write_text(DIVIDES, encoding="utf-8")
    module, tests = str(tmp_path / "planted.cell.yaml"), tmp_path / "planted.test.yaml"
    for _ in range(2):
        result = call(module, "--save", str(tests))
        assert result.return_value == 1, result.output
    file = read_file(str(tests))
    assert file.problems == ()
    assert len({case.name for case in file.cases}) == 2
    assert [[problem.code for problem in judge(file, case).problems] for case in file.cases] == [["E920"]] * 2


def test_a_process_without_an_end_is_no_finding(tmp_path: Path) -> None:
    text = "cellc: 1\ncells:\n  go:\n    in: {}\n    effects: [time.sleep]\n"
    text += "    do: |\n      while true:\n        time.sleep(for=1d)\n"
    result = fuzzed(text, tmp_path, runs=5)
    assert result.found is None
    assert set(result.endings) <= {"going on", "cancelled"}
    assert result.endings["going on"] > 0


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    (tmp_path / "planted.cell.yaml").write_text(DIVIDES, encoding="utf-8")
    module = str(tmp_path / "planted.cell.yaml")
    other = tmp_path / "other.test.yaml"
    other.write_text("test: nowhere.cell.yaml\ncases:\n  - name: a\n    expect: {}\n", encoding="utf-8")
    for words, said in (
        (["--save", "cases.yaml"], "NAME.test.yaml"),
        (["--save", str(other)], "cannot be read"),
    ):
        result = CliRunner().invoke(command, ["fuzz", module, *words])
        assert result.exit_code != 0
        assert said in result.output
