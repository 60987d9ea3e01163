"""A cell in Python and the `do` that says the same: the same is asked, in the same order, and comes to the same."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cellc import CellError
from cellc.language.values import decode
from cellc.runtime.core.events import CallCompleted, CallRaised, Event, RunEnded, TimerFired
from cellc.runtime.ports import Outcome, Raised, Request, Result, Transient
from tests.runtime.python.worlds import events, module, program, run, with_body

Step = tuple[str, int]

STEPS = st.lists(
    st.tuples(st.sampled_from(["work", "undoable", "look", "caught", "sleep", "raise", "repeat"]), st.integers(0, 9)),
    max_size=7,
)


def in_do(steps: list[Step]) -> str:
    lines = ["x: int = n"]
    for kind, number in steps:
        lines += {
            "work": [f"x = work(x=x + {number})"],
            "undoable": [f"x = work(x=x + {number}) undo take_back(x=it)"],
            "look": [f"x = look(x=x + {number})"],
            "caught": ["try:", f"  x = work(x=x + {number})", "except Bad as e:", "  x = len(e.why)"],
            "sleep": ["time.sleep(for=90s)"],
            "raise": [f"if x > {number * 3}:", "  raise Broke()"],
            "repeat": [f"for i in range({number % 4}):", "  x = look(x=x + i)"],
        }[kind]
    return "do: |\n" + "".join(f"      {line}\n" for line in [*lines, "return x"])


def in_python(steps: list[Step]) -> Callable[..., Any]:
    async def code(inputs: Any, fabric: Any) -> int:
        x: int = inputs["n"]
        for kind, number in steps:
            match kind:
                case "work" | "look":
                    x = await fabric.request(kind, {"x": x + number})
                case "undoable":
                    x = await fabric.request("work", {"x": x + number}, undo=lambda y: ("take_back", {"x": y}))
                case "caught":
                    try:
                        x = await fabric.request("work", {"x": x + number})
                    except CellError as error:
                        if error.name != "main.Bad":
                            raise
                        x = len(error.fields["why"])
                case "sleep":
                    await fabric.request("time.sleep", {"for": "90s"})
                case "raise":
                    if x > number * 3:
                        raise CellError("Broke")
                case _:
                    for i in range(number % 4):
                        x = await fabric.request("look", {"x": x + i})
        return x

    return code


def in_a_thread(steps: list[Step]) -> Callable[..., Any]:
    """Return the same code as a plain `def`: what it awaits is there at once."""
    code = in_python(steps)

    class Fabric:
        def __init__(self, blocking: Any) -> None:
            self._blocking = blocking

        async def request(self, *request: Any, **options: Any) -> Any:
            return self._blocking.request(*request, **options)

    def blocking(inputs: Any, fabric: Any) -> int:
        try:
            code(inputs, Fabric(fabric)).send(None)
        except StopIteration as end:
            return int(end.value)
        raise AssertionError("it waits for something")

    return blocking


def answering(asked: list[Any]) -> Callable[[Request], Outcome]:
    def answer(request: Request) -> Outcome:
        x = request.input.get("x", 0)
        asked.append((request.effect, x, request.attempt))
        if request.effect == "main.work" and x % 5 == 4:
            return Raised("Bad", {"why": "x" * (x % 11)})
        if request.effect == "main.work" and x % 7 == 3 and request.attempt < 3:
            return Transient("not now", unknown=False)
        return Result(x + 1)

    return answer


def told(found: Event) -> list[Any]:
    match found:
        case CallCompleted(call=call, value=value):
            return ["completed", call, decode(bytes(value))]
        case CallRaised(call=call, error=error, fields=fields):
            return ["raised", call, error, decode(bytes(fields))]
        case TimerFired(call=call):
            return ["fired", call]
        case RunEnded(status=status, value=value, error=error):
            return ["ended", status, decode(bytes(value)), error]
        case _:
            return []


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(0, 9), st.sets(st.integers(1, 40), max_size=2))
def test_code_does_what_the_same_script_does(steps: list[Step], n: int, crash_at: set[int]) -> None:
    asked: dict[str, list[Any]] = {"do": [], "python": [], "thread": []}
    script, expected = run(with_body(in_do(steps)), n, answering(asked["do"]))
    for form, code in (("python", in_python(steps)), ("thread", in_a_thread(steps))):
        with module(code=code) as name:
            made = program(f"{name}:code")
            world, view = run(made, n, answering(asked[form]))
            assert asked[form] == asked["do"]
            assert list(filter(None, map(told, events(world)))) == list(filter(None, map(told, events(script))))
            _, again = run(made, n, answering([]), frozenset(crash_at))
        for found in (view, again):
            assert (found.head.status, found.output) == (expected.head.status, expected.output)
            assert (found.failure and found.failure.error) == (expected.failure and expected.failure.error)
