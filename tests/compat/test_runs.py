"""The changes that people fear, each made in one program: for each place where a run waits, whether it goes on."""

import pytest

from cellc.compiler.compat.moving import judge
from cellc.compiler.pipeline import compile_module
from cellc.language.codes import Severity
from cellc.language.graph import Program
from cellc.language.moving import Moving
from tests.conftest import MemorySources

HEAD = """cellc: 1
module: shop
errors:
  Declined: {reason: string}
effects:
  charge:
    in: {amount: int}
    out: {id: string, amount: int}
    errors: [Declined]
    delivery: idempotent
    timeout: 10s
    retry: {attempts: 3, delay: 1s}
    via: http.post
    with: {url: "http://here/charge", json: {n: "${amount}"}}
  refund: {in: {id: string}, delivery: idempotent}
  pack: {in: {id: string}, out: {box: string}, delivery: idempotent}
  ship: {in: {box: string}, out: {track: string}, delivery: once}
  ask: {in: {id: string}, out: {ok: bool, by?: string}, via: human.task, with: {title: "Order ${id}"}}
"""

DO = """cells:
  main:
    in: {amounts: [int], id: string}
    out: {track: string}
    errors: [Declined]
    effects: [charge, refund, pack, ship, ask]
    do: |
      receipt = charge(amount=1) undo refund(id=it.id)
      answer = ask(id)
      box = pack(id=receipt.id)
      sent = ship(box=box.box)
      return {track: sent.track}
"""

LOOP = """cells:
  main:
    in: {amounts: [int], id: string}
    out: {track: string}
    errors: [Declined]
    effects: [charge, pack, ship, ask]
    do: |
      for a in amounts:
        paid = charge(amount=a)
        seen = ask(id=paid.id)
      box = pack(id)
      sent = ship(box=box.box)
      return {track: sent.track}
"""

TRY = """cells:
  main:
    in: {id: string}
    out: {track: string}
    effects: [charge, ask]
    do: |
      track: string = "none"
      try:
        paid = charge(amount=1)
        track = paid.id
      except Declined:
        pass
      seen = ask(id)
      return {track}
"""

NODES = """cells:
  main:
    in: {id: string}
    out: {track: string}
    errors: [Declined]
    topology:
      paid: charge(amount=1)
      seen: ask(id) after paid
      box: pack(id=paid.id) when seen.ok
      return: {track: id}
"""


def compiled(text: str) -> Program:
    result = compile_module("shop.cell.yaml", MemorySources({"shop.cell.yaml": text}))
    assert [d.message for d in result.diagnostics if d.severity is Severity.ERROR] == []
    assert result.program is not None
    return result.program


def judged(body: str, *edits: tuple[str, str]) -> Moving:
    old = new = HEAD + body
    for before, after in edits:
        assert new.count(before) == 1, before
        new = new.replace(before, after)
    return judge(compiled(old), compiled(new))


def verdicts(moving: Moving, *names: str) -> str:
    places = moving.cells["shop.main"].places
    return " ".join(f"{name}:{places[name].verdict}" for name in names)


WITHIN = "answer = ask(id)\n"
CASES = {
    "nothing": (DO, [], "receipt:carry answer:carry box:carry sent:carry"),
    "step inserted before": (
        DO,
        [("      receipt =", "      first = pack(id)\n      receipt =")],
        "receipt:pin answer:pin box:pin sent:pin",
    ),
    "step inserted after": (
        DO,
        [("      return {track", "      last = pack(id)\n      return {track")],
        "receipt:carry answer:carry box:carry sent:carry",
    ),
    "step inserted where a run stands": (
        DO,
        [(f"      {WITHIN}", f"      early = pack(id)\n      {WITHIN}")],
        "receipt:carry answer:pin box:pin sent:pin",
    ),
    "a reading step inserted before": (
        DO,
        [
            (f"      {WITHIN}", f"      time.sleep(1h)\n      {WITHIN}"),
            ("ship, ask]\n    do", "ship, ask, time.sleep]\n    do"),
        ],
        "receipt:carry answer:carry box:carry sent:carry",
    ),
    "step removed": (
        DO,
        [(f"      {WITHIN}", ""), ("pack, ship, ask]\n    do", "pack, ship]\n    do")],
        "receipt:carry answer:map box:carry sent:carry",
    ),
    "step with an undo removed": (
        DO,
        [
            ("      receipt = charge(amount=1) undo refund(id=it.id)\n", ""),
            ("pack(id=receipt.id)", "pack(id)"),
            ("[charge, refund, pack, ship, ask]", "[pack, ship, ask]"),
            ("    errors: [Declined]\n    effects", "    effects"),
        ],
        "receipt:map answer:refused box:refused sent:refused",
    ),
    "step renamed": (
        DO,
        [("receipt = charge", "paid = charge"), ("receipt.id", "paid.id")],
        "receipt:map answer:refused box:refused sent:refused",
    ),
    "step without an undo renamed": (
        DO,
        [("box = pack", "parcel = pack"), ("box=box.box", "box=parcel.box")],
        "receipt:carry answer:carry box:map sent:map",
    ),
    "order swapped": (
        DO,
        [
            (f"      {WITHIN}      box = pack(id=receipt.id)\n", f"      box = pack(id=receipt.id)\n      {WITHIN}"),
        ],
        "receipt:carry answer:pin box:pin sent:carry",
    ),
    "field of a result added": (
        DO,
        [("out: {id: string, amount: int}", "out: {id: string, amount: int, at: string}")],
        "receipt:refused answer:default box:default sent:carry",
    ),
    "field of a result retyped": (
        DO,
        [
            ("out: {box: string}", "out: {box: string(1..80)}"),
            ("ship: {in: {box: string}", "ship: {in: {box: string(..90)}"),
        ],
        "receipt:carry answer:carry box:refused sent:refused",
    ),
    "input made required": (
        DO,
        [
            ("amounts: [int], id: string}\n", "amounts: [int], id: string, why: string}\n"),
            ("pack(id=receipt.id)", "pack(id=why)"),
        ],
        "receipt:default answer:default box:default sent:carry",
    ),
    "timeout shortened": (DO, [("timeout: 10s", "timeout: 1s")], "receipt:carry answer:carry"),
    "retry changed": (DO, [("attempts: 3", "attempts: 5")], "receipt:carry answer:carry"),
    "handler changed only": (DO, [("http://here", "http://there")], "receipt:carry answer:carry"),
    "undo added": (
        DO,
        [("box = pack(id=receipt.id)\n", "box = pack(id=receipt.id) undo refund(id=receipt.id)\n")],
        "receipt:carry answer:carry box:carry sent:pin",
    ),
    "undo's effect gone": (
        DO,
        [(" undo refund(id=it.id)", ""), ("[charge, refund, pack", "[charge, pack")],
        "receipt:carry answer:refused box:refused",
    ),
    "cell extracted": (
        DO + "  pay:\n    out: {id: string, amount: int}\n    errors: [Declined]\n    effects: [charge]\n"
        "    do: return charge(amount=1)\nmain: main\n",
        [("receipt = charge(amount=1) undo", "receipt = pay() undo")],
        "receipt:refused answer:carry box:carry sent:carry",
    ),
    "parallel turned sequential": (
        DO.replace("answer = ask(id)\n", "both = par(a=ask(id), b=pack(id))\n"),
        [("both = par(a=ask(id), b=pack(id))\n", "a = ask(id)\n      b = pack(id)\n")],
        "receipt:carry both:map box:map sent:map",
    ),
    "loop body: step after the one where a run stands": (
        LOOP,
        [("        seen = ask(id=paid.id)\n", "        seen = ask(id=paid.id)\n        more = pack(id=paid.id)\n")],
        "paid:carry seen:carry box:pin sent:pin",
    ),
    "loop body: order swapped": (
        LOOP,
        [
            (
                "        paid = charge(amount=a)\n        seen = ask(id=paid.id)\n",
                "        seen = ask(id)\n        paid = charge(amount=a)\n",
            )
        ],
        "paid:pin seen:pin box:carry sent:carry",
    ),
    "step moved out of its loop": (
        LOOP,
        [("        seen = ask(id=paid.id)\n", "      seen = ask(id)\n")],
        "paid:pin seen:pin box:carry sent:carry",
    ),
    "loop over other items": (
        LOOP,
        [("for a in amounts:", "for a in reversed(amounts):")],
        "paid:pin seen:pin box:carry sent:carry",
    ),
    "error no longer caught": (
        TRY,
        [
            (
                (
                    "      try:\n        paid = charge(amount=1)\n        track = paid.id\n"
                    "      except Declined:\n        pass\n"
                ),
                "      paid = charge(amount=1)\n      track = paid.id\n",
            ),
            ("    effects: [charge, ask]", "    errors: [Declined]\n    effects: [charge, ask]"),
        ],
        "paid:pin seen:carry",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_that_people_fear(name: str) -> None:
    body, edits, expected = CASES[name]
    names = [part.partition(":")[0] for part in expected.split()]
    assert verdicts(judged(body, *edits), *names) == expected


def conditions(moving: Moving) -> list[str]:
    return [f"{c.place} {'/'.join(c.states)}: {c.reason}" for c in moving.cells["shop.main"].refused_if]


NODE_CASES = {
    "nothing": ([], "paid:carry seen:carry box:carry", []),
    "node added": (
        [("      return:", "      last: pack(id=paid.id) after box\n      return:")],
        "paid:carry box:carry",
        [],
    ),
    "node renamed": (
        [("      box: pack", "      parcel: pack")],
        "paid:carry seen:carry box:map",
        ["box open/done: it may be done, and `parcel` may be the same step"],
    ),
    "callee changed": (
        [
            ("box: pack(id=paid.id)", "box: ship(box=paid.id)"),
            ("track: id}", "track: 'id if box == null else box.track'}"),
        ],
        "paid:carry seen:carry box:refused",
        ['box done: its value may be {box: ""}, which does not fit here any more'],
    ),
    "condition changed": (
        [("when seen.ok", "when not seen.ok")],
        "paid:carry seen:carry box:pin",
        ["box skipped: it was skipped, and when it is skipped is decided in another way now"],
    ),
    "undo added": (
        [("paid: charge(amount=1)", "paid: charge(amount=1) undo refund(id=paid.id)")],
        "paid:carry seen:carry box:carry",
        ["paid done: it is done, and would not be undone as it is here"],
    ),
}


@pytest.mark.parametrize("name", NODE_CASES)
def test_a_change_of_a_topology(name: str) -> None:
    edits, expected, states = NODE_CASES[name]
    moving = judged(NODES, *edits)
    assert verdicts(moving, *(part.partition(":")[0] for part in expected.split())) == expected
    assert conditions(moving) == states


def test_a_new_input_of_a_topology_has_no_value_in_runs_that_go_on() -> None:
    cell = judged(NODES, ("in: {id: string}\n    out: {track", "in: {id: string, why: string}\n    out: {track")).cells[
        "shop.main"
    ]
    assert (cell.to, cell.reason) == (None, "the input `why` has no value in runs that go on")


def test_a_no_shows_the_shortest_run_and_why() -> None:
    body, edits, _ = CASES["order swapped"]
    place = judged(body, *edits).cells["shop.main"].places["box"]
    assert place.reason == "`answer` may be done and would be done again"
    assert place.shown == ["start", "receipt", "answer", "box", "->", "box", "answer"]


def test_a_value_that_does_not_fit_is_shown() -> None:
    body, edits, _ = CASES["field of a result added"]
    place = judged(body, *edits).cells["shop.main"].places["answer"]
    assert place.reason == '`receipt` may be {amount: 0, id: ""}, which does not fit here any more'
    assert place.needs == ["id", "receipt"]


def test_a_likely_name_is_told_and_not_assumed() -> None:
    body, edits, _ = CASES["step without an undo renamed"]
    place = judged(body, *edits).cells["shop.main"].places["box"]
    assert (place.to, place.reason) == (None, "no place here is known to be this one; it may be `parcel` now")
