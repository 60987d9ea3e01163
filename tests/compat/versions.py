"""Programs of a shop, edits of them, and what is judged of the runs in flight."""

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


INNER = """cells:
  main:
    in: {id: string}
    out: {track: string}
    errors: [Declined]
    effects: [charge, refund, pack, ask]
    do: |
      receipt = pay()
      answer = ask(id)
      box = pack(id=receipt.id) undo refund(id)
      seen = ask(id)
      return {track: box.box}
  pay:
    out: {id: string}
    errors: [Declined]
    effects: [charge, ask, refund]
    do: |
      paid = charge(amount=1) undo refund(id=it.id)
      sure = ask(id=paid.id)
      return {id: paid.id}
main: main
"""

NESTED = """cells:
  main:
    in: {orders: [{amounts: [int]}], id: string}
    out: {track: string}
    errors: [Declined]
    effects: [charge, pack, ask]
    do: |
      for order in orders:
        for a in order.amounts:
          paid = charge(amount=a)
          seen = ask(id=paid.id)
        box = pack(id)
      last = ask(id)
      return {track: id}
"""

WITHIN = "answer = ask(id)\n"
