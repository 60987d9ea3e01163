"""Cases over the examples, run by the real compiler, core and fabric: what they expect holds, with a crash anywhere."""

from pathlib import Path

import pytest

from cellc.testing.given import play_given
from cellc.testing.judging import judge
from cellc.testing.playing import Ended, play
from cellc.testing.reading import read_file

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.glob("*.test.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_all_cases_of_a_file_pass(name: str) -> None:
    file = read_file(str(CASES / name))
    assert file.problems == ()
    judged = [judge(file, case) for case in file.cases]
    assert {each.case.name: [d.message for d in each.problems] for each in judged if not each.passed} == {}
    assert all(each.crashes >= 2 for each in judged if each.case.crash == "everywhere")


def test_a_year_is_played_the_same_each_time() -> None:
    file = read_file(str(CASES / "billing.test.yaml"))
    assert file.program is not None
    one, other = (play(file.program, file.cases[0]) for _ in range(2))
    assert one.lines == other.lines
    assert [asked.key for asked in one.world.asked] == [asked.key for asked in other.world.asked]


def test_a_call_that_a_crash_repeats_has_its_key_and_its_answer_again() -> None:
    file = read_file(str(CASES / "billing.test.yaml"))
    assert file.program is not None
    calm = play(file.program, file.cases[0])
    seam = 1 + calm.world.seams.index("after `billing.invoice`")
    crashed = play(file.program, file.cases[0], crash_at=seam)
    assert len(crashed.world.asked) == len(calm.world.asked) + 1
    assert crashed.world.asked[0] == crashed.world.asked[1]
    assert crashed.output == calm.output


def test_a_call_that_has_the_key_of_one_that_ended_gets_an_answer_of_its_own_after_a_crash() -> None:
    file = read_file(str(CASES / "billing.test.yaml"))
    assert file.program is not None
    calm = play(file.program, file.cases[0])
    ends = [play(file.program, file.cases[0], crash_at=seam) for seam in range(1, 31)]
    assert declined(calm) == 1
    assert [declined(end) for end in ends] == [1] * 30


def declined(ended: Ended) -> int:
    return sum(line.kind == "raised" for line in ended.lines)


PAIRS = """\
cellc: 1
module: pairs
effects:
  note:
    in: {text: string}
    delivery: idempotent
    via: http.post
    with: {url: "https://notes.example", json: {}}
  forget:
    in: {text: string}
    delivery: idempotent
    via: http.post
    with: {url: "https://notes.example/forget", json: {}}
errors:
  Enough: {}
cells:
  go:
    in: {texts: [string], counts: map(int)}
    errors: [Enough]
    effects: [note, forget, time.sleep]
    do: |
      for LOOP:
        note(text) undo forget(text)
        time.sleep(for=1d)
      raise Enough
"""


@pytest.mark.parametrize(
    "loop", ["i, text in enumerate(texts)", "text, other in zip(texts, texts)", "text, count in items(counts)"]
)
def test_a_state_is_kept_in_a_loop_over_pairs_and_undos_have_the_places_of_what_they_undo(
    loop: str, tmp_path: Path
) -> None:
    module = tmp_path / "pairs.cell.yaml"
    module.write_text(PAIRS.replace("LOOP", loop), encoding="utf-8")
    texts = [letter * 900 for letter in "abcd"]
    given = {"texts": texts, "counts": dict.fromkeys(texts, 1)}
    ended = play_given(module, input=given, handlers={"note": [{}], "forget": [{}]})
    assert ended.error == ("pairs.Enough", {})
    undone = [line.place for line in ended.lines if line.kind == "completed" and line.effect == "pairs.forget"]
    assert undone == ["go/note@4/undo", "go/note@3/undo", "go/note@2/undo", "go/note/undo"]
