"""Loops, cases and casts of compiled scripts through the core: as Python where Python has them, and after any crash."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.compiler.pipeline import Compiled
from cellc.runtime.core.inputs import Completed, Raised
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Failure, Success
from tests.runtime.core.driving import World, run

CompileText = Callable[..., Compiled]

DRAIN = """
cellc: 1
types:
  More: {kind: enum(more), n: int}
  End: {kind: enum(end)}
  Next: More | End
errors:
  Lost: {at: int}
effects:
  next: {in: {after: int}, out: json, errors: [Lost], delivery: read}
  keep: {in: {x: int}, delivery: idempotent}
cells:
  main:
    out: {total: int, lost: [int], odd: [string]}
    effects: [next, keep]
    do: |
      total = 0
      lost: [int] = []
      odd: [string] = []
      n = 0
      while n < 20:
        n = n + 1
        try:
          found = next(after=n)
          got = found as Next
        except Lost as e:
          lost = lost + [e.at]
          continue
        except Invalid as e:
          odd = odd + [f"{e.name} {e.step ?? '-'}"]
          continue
        match got:
          case End: break
          case More:
            if got.n < 0:
              continue
            total = total + got.n
        for i in range(got.n):
          if i == 2:
            break
          keep(x=i)
        commit
      return {total, lost, odd}
"""


def answered(at, call):
    """The sixth is the last; the second is lost, the third has no number."""
    match call.input:
        case {"after": 2}:
            return Raised(at, call.call, "main.Lost", {"at": 2})
        case {"after": 3}:
            return Completed(at, call.call, {"kind": "more"})
        case {"after": 4}:
            return Completed(at, call.call, {"kind": "more", "n": -1})
        case {"after": 6}:
            return Completed(at, call.call, {"kind": "end"})
        case {"after": n}:
            return Completed(at, call.call, {"kind": "more", "n": n})
        case _:
            return Completed(at, call.call, None)


def plan_of(text: str, compile_text: CompileText) -> Plan:
    compiled = compile_text(text)
    assert compiled.program is not None, [d.message for d in compiled.diagnostics]
    return prepare(compiled.program)


@pytest.fixture
def drain(compile_text: CompileText) -> Plan:
    return plan_of(DRAIN, compile_text)


def test_a_loop_with_every_way_out_of_a_round(drain):
    world = World(drain, {}, answer=answered)
    assert run(world).state.outcome == Success({"total": 6, "lost": [2], "odd": ["Invalid -"]})


def test_a_crash_at_any_seam_of_a_loop_changes_no_outcome_and_no_key(drain):
    calm = World(drain, {}, answer=answered)
    reference = run(calm)
    assert calm.seams > 20
    for seam in range(1, calm.seams + 1):
        disturbed = World(drain, {}, answer=answered, crash_at=frozenset([seam]))
        assert run(disturbed).state.outcome == reference.state.outcome
        assert set(disturbed.performed) == set(calm.performed)


@pytest.mark.parametrize("word", ["pass", "continue", "break"])
def test_a_loop_whose_body_does_nothing_ends(word: str, compile_text: CompileText) -> None:
    script = f"do: |\n      for x in [1, 2]: {word}\n      return 3\n"
    text = f"cellc: 1\ncells:\n  main:\n    out: int\n    {script}"
    assert run(World(plan_of(text, compile_text), {})).state.outcome == Success(3)


CASTS = """
cellc: 1
effects:
  ask: {in: {x: int}, out: json, delivery: read}
cells:
  main:
    in: {v: json}
    out: [int]
    errors: [Invalid]
    effects: [ask]
    do: |
      try:
        if v as bool:
          return [1]
        return [2]
      except Invalid:
        pass
      try:
        found = par(ask(x=x as int) for x in v as [json], limit=2)
        return [x as int for x in found]
      except Invalid as e:
        return deep(e.reason)
  deep:
    in: {reason: string}
    out: [int]
    errors: [Invalid]
    topology:
      n: to_json(reason)
      return: "[from_json(n) as int]"
main: main
"""


@pytest.mark.parametrize(
    ("v", "ends"),
    [(True, [1]), (False, [2]), ([], []), ([1, 2], [2, 3]), ([1, 2, 3, "x", 5], "Invalid"), (7, "Invalid")],
)
def test_a_cast_that_does_not_fit_is_the_error_of_its_place(v: Any, ends: Any, compile_text: CompileText) -> None:
    outcome = run(World(plan_of(CASTS, compile_text), {"v": v})).state.outcome
    if ends == "Invalid":
        assert isinstance(outcome, Failure)
        assert (outcome.error, outcome.place) == ("Invalid", "main/deep/return")
        assert "int" in outcome.fields["reason"]
    else:
        assert outcome == Success(ends)


VALUES = ["a", "b", "c", "1", "7", "a + b", "b - c", "a * 2 + c"]
TESTS = ["a < b", "b % 3 == 0", "c > 40 or a == 3", "not a > c", "a != b and b != c"]


@st.composite
def bodies(draw: st.DrawFn, loops: int = 0) -> list[str]:
    """Statements that are Python's too; each loop that is open has a variable of its own, and ends."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["set", "set", "if", "for", "while", "leave"] if loops < 3 else ["set", "leave"]))
        inner = [] if kind in ("set", "leave") else [f"  {line}" for line in draw(bodies(loops + (kind != "if")))]
        match kind:
            case "set":
                lines.append(f"{draw(st.sampled_from('abc'))} = ({draw(st.sampled_from(VALUES))}) % 97")
            case "if":
                other = [f"  {line}" for line in draw(bodies(loops))] if draw(st.booleans()) else ["  pass"]
                lines += [f"if {draw(st.sampled_from(TESTS))}:", *inner, "else:", *other]
            case "for":
                lines += [f"for i{loops} in range({draw(st.integers(0, 4))}):", *inner]
            case "while":
                test = draw(st.sampled_from(["true", f"w{loops} < 9 and ({draw(st.sampled_from(TESTS))})"]))
                step = [f"  w{loops} = w{loops} + 1", f"  if w{loops} > 3: break"]
                lines += [f"w{loops} = 0", f"while {test}:", *step, *inner]
            case _:
                lines.append(draw(st.sampled_from(["return [a, b, c]", *(["break", "continue"] if loops else [])])))
                break
    return lines


@settings(max_examples=150)
@given(bodies(), st.tuples(*[st.integers(0, 50)] * 3))
def test_a_script_does_what_python_does(compile_text: CompileText, lines: list[str], given_: tuple[int, ...]) -> None:
    inputs = dict(zip("abc", given_, strict=True))
    script = "\n".join(f"      {line}" for line in [*lines, "return [a, b, c]"])
    head = "cellc: 1\ncells:\n  main:\n    in: {a: int, b: int, c: int}\n    out: [int]\n    do: |\n"
    outcome = run(World(plan_of(f"{head}{script}\n", compile_text), inputs)).state.outcome
    text = "\n".join(["def f(a, b, c):", *(f"  {line}" for line in lines), "  return [a, b, c]"])
    python: dict[str, Any] = {"true": True}
    exec(text, python)  # noqa: S102 -- what Python itself says about the script
    assert outcome == Success(python["f"](**inputs))
