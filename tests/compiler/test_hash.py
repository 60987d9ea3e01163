"""The hash of a program: the same for the same meaning, another for another."""

from collections.abc import Callable
from random import Random

import pytest

from cellc.compiler.pipeline import Compiled

MODULE = """\
cellc: 1
module: shop
version: 1.0.0
types:
  Item: {sku: string, qty: int}
  Order: {id: uuid, items: [Item]}
errors:
  Declined: {reason: string}
  Lost: {}
effects:
  charge: {in: {amount: int}, out: string, errors: [Declined, Lost], delivery: once, timeout: 10s, limits: {rate: 5/s}}
  look: {in: {id: uuid}, out: int, delivery: read}
  paid: {in: {id: uuid}, via: event.wait, with: {event: paid, key: "${id}", where: "${data.sum > 0}"}}
  lost: {in: {id: uuid}, via: event.emit, with: {event: lost, data: {id: "${id}"}}}
events:
  paid: {data: {id: uuid, ref: uuid, sum: int}, key: data.id, keep: 1d}
  lost: {data: {id: uuid}}
cells:
  pay:
    in: {order: Order}
    out: string
    errors: [Declined, Lost]
    effects: [charge, look, paid, lost, time.sleep]
    do: |
      total = sum(i.qty for i in order.items)
      if total > 3:
        extra = look(id=order.id)
        total = total + extra
      race(paid=paid(id=order.id), late=time.sleep(for=1d))
      lost(id=order.id)
      return charge(amount=total)
  day:
    in: {orders: list(Order 1..10)}
    out: {paid: [string], best: int?}
    errors: [Declined, Lost]
    topology:
      paid: par(pay(order=o) for o in orders if len(o.items) > 0, limit=2)
      best: max([len(o.items) for o in orders])
      again: "[o.id for o in orders]"
      count: len(again)
      return: {paid: paid, best: best ?? count}
main: day
triggers:
  orders: {http: POST /orders, run: pay, key: body.order.id}
  nightly: {cron: "0 2 * * *", run: day, with: {orders: []}, overlap: skip}
"""


def sha(text: str, compile_text: Callable[..., Compiled]) -> str:
    result = compile_text(text)
    assert [(d.code, d.message) for d in result.diagnostics] == []
    assert result.program is not None
    return result.program.sha256


def indented(lines: list[str], depth: int) -> list[list[str]]:
    """Cut lines into entries that start at this depth."""
    entries: list[list[str]] = []
    for line in lines:
        if len(line) - len(line.lstrip()) == depth:
            entries.append([])
        entries[-1].append(line)
    return entries


def shuffled(text: str, random: Random) -> str:
    """Put sections, declarations and topology nodes in another order."""
    sections = indented(text.splitlines(), 0)
    random.shuffle(sections)
    out: list[str] = []
    for section in sections:
        entries = indented(section[1:], 2)
        random.shuffle(entries)
        out += [section[0], *(line for entry in entries for line in nodes(entry, random))]
    return "\n".join(out) + "\n"


def nodes(cell: list[str], random: Random) -> list[str]:
    keys = indented(cell[1:], 4)
    random.shuffle(keys)
    for key in keys:
        if key[0].strip() == "topology:":
            rest = key[1:]
            random.shuffle(rest)
            key[1:] = rest
    return [cell[0], *(line for key in keys for line in key)]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_declarations_and_nodes_means_nothing(seed: int, compile_text: Callable[..., Compiled]) -> None:
    order = Random(seed)  # noqa: S311 -- an order, not a secret
    assert sha(shuffled(MODULE, order), compile_text) == sha(MODULE, compile_text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cells:", "# the work\n\ncells:   # here"),
        ("      total = sum(", "      # add it up\n\n      total = sum( "),
        ("    errors: [Declined, Lost]\n", "    errors:\n      - Lost\n      - Declined\n"),
        ("version: 1.0.0", 'version: "1.0.0"'),
        ("delivery: read", "'delivery': 'read'"),
        ("rate: 5/s", 'rate: "5/s"'),
        ("0 2 * * *", "0  2 * *  *"),
        ("overlap: skip}", "overlap: skip, timezone: UTC}"),
        ("  pay:\n", "  pay:\n    description: Takes the money.\n"),
        ("total > 3", "(total>3)"),
        ('again: "[o.id for o in orders]"', "again: |-\n        [o.id\n        for o in orders]"),
        ("{id: uuid, items: [Item]}", "{id: uuid, items: list(Item)}"),
        ("{sku: string, qty: int}", "\n    sku: string\n    qty: int"),
    ],
)
def test_comments_layout_and_spelling_mean_nothing(old: str, new: str, compile_text: Callable[..., Compiled]) -> None:
    assert sha(MODULE.replace(old, new), compile_text) == sha(MODULE, compile_text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total > 3", "total > 4"),
        ("limit=2", "limit=3"),
        ("delivery: read", "delivery: idempotent"),
        ("timeout: 10s", "timeout: 11s"),
        ("rate: 5/s", "rate: 5/m"),
        ("keep: 1d", "keep: 2d"),
        ("data.sum > 0", "data.sum > 1"),
        ("key: data.id, ", "key: data.ref, "),
        ("POST /orders", "PUT /orders"),
        ("0 2 * * *", "0 3 * * *"),
        ("overlap: skip", "overlap: queue"),
        ("qty: int}", "qty: int(0..)}"),
        ("version: 1.0.0", "version: 1.0.1"),
        ("main: day", "main: pay"),
        ("extra", "more"),
        ("best ?? count", "best ?? count + 1"),
    ],
)
def test_another_meaning_has_another_hash(old: str, new: str, compile_text: Callable[..., Compiled]) -> None:
    assert sha(MODULE.replace(old, new), compile_text) != sha(MODULE, compile_text)


def test_a_contract_changes_with_the_promise_and_not_with_the_binding(compile_text: Callable[..., Compiled]) -> None:
    text = """
effects: {get: {in: {n: int}, out: json, via: http.get, with: {url: %s}, delivery: %s}}
cells: {a: {effects: [get], topology: {x: get(n=1)}}}
cellc: 1
"""
    one, moved, other = (compile_text(text % at) for at in (("a", "read"), ("b", "read"), ("a", "idempotent")))
    contracts = [c.program.effects["main.get"].contract for c in (one, moved, other) if c.program]
    assert contracts[0] == contracts[1]
    assert contracts[0] != contracts[2]


PIPELINE = """\
cellc: 1
cells:
  parse: {in: {text: string, loose: bool}, out: "[string]", do: 'return split(text, " ")'}
  count: {in: {words: "[string]"}, out: int, do: return len(words)}
  whole:
    in: {text: string, loose: bool}
    out: int
    topology: parse -> count
main: whole
"""
WRITTEN_OUT = """
      parse: parse(text=text, loose=loose)
      count: count(parse)
      return: count"""


def test_a_pipeline_is_the_topology_that_it_stands_for(compile_text: Callable[..., Compiled]) -> None:
    assert sha(PIPELINE.replace(" parse -> count", WRITTEN_OUT), compile_text) == sha(PIPELINE, compile_text)


def test_a_field_called_ref_is_no_reference(compile_text: Callable[..., Compiled]) -> None:
    compiled = compile_text("cellc: 1\ncells: {a: {in: {r: {ref: uuid}}, do: pass}}\n")
    assert compiled.program is not None
    assert compiled.program.types == {}
