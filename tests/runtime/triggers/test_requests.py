"""Requests to triggers start runs: what fits begins one, the same again is that run, what does not fit is told."""

import asyncio
from collections.abc import Sequence

import pytest

from cellc.language.graph import dump
from cellc.runtime.commands import Requested, Serve, Verdict
from cellc.runtime.core.events import RunStarted, decode
from cellc.runtime.ports import LogFailed
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World

PROGRAM = compiled("""
types:
  Order: {id: string, total: decimal(0..)}
cells:
  fulfil:
    in: {order: Order, note?: string}
    do: pass
  weigh:
    in: {grams: int(1..), of: string}
    do: pass
triggers:
  orders: {http: POST /orders, run: fulfil, key: body.order.id}
  parcels: {http: PUT /parcels, run: weigh, with: {grams: "${trigger.body.grams}", of: parcel}}
  notes: {http: POST /notes, run: fulfil, key: "body.note ?? ''"}
main: fulfil
""")

ORDER = '{"order": {"id": "o-1", "total": 12.50, "colour": "red"}, "page": 4}'


def asked(trigger: str, body: str) -> Requested:
    return Requested(PROGRAM.sha256, f"main.{trigger}", body)


def answers(*requests: Requested, world: World | None = None) -> Sequence[Verdict]:
    async def run() -> Sequence[Verdict]:
        async with (world or World()).fabric() as fabric:
            await fabric.obey(Serve(dump(PROGRAM).decode()))
            return await asyncio.gather(*map(fabric.obey, requests))

    return asyncio.run(run())


def test_a_body_is_the_input_without_what_nobody_declared() -> None:
    world = World()
    (verdict,) = answers(asked("orders", ORDER), world=world)
    assert verdict == Verdict("done", "run-1")
    (head,) = world.log.heads()
    assert head.key == "main.orders/o-1"
    began = decode(next(iter(world.log.events(head.number))))
    assert isinstance(began, RunStarted)
    assert bytes(began.input) == b'{"order":{"id":"o-1","total":{"$decimal":"12.50"}}}'


def test_the_same_request_again_is_the_same_run_and_another_one_is_refused() -> None:
    same = asked("orders", ORDER)
    other = asked("orders", ORDER.replace("12.50", "12.51"))
    first, again, differs = answers(same, same, other)
    assert (first, again) == (Verdict("done", "run-1"), Verdict("repeated", "run-1"))
    assert [no.code for no in differs.refusals] == ["E850"]


def test_keys_count_for_their_trigger_alone() -> None:
    other = '{"order": {"id": "o-2", "total": 1}, "note": "o-1"}'
    first, second = answers(asked("orders", ORDER), asked("notes", other))
    assert (first.outcome, second.outcome) == ("done", "done")


WRONG = {
    "no JSON": ("orders", "{", "E831"),
    "a field of another type": ("orders", '{"order": {"id": 1, "total": 1}}', "E831"),
    "out of its range": ("orders", '{"order": {"id": "o", "total": -1}}', "E831"),
    "nothing": ("orders", "{}", "E831"),
    "what `with` cannot make an input of": ("parcels", "[]", "E831"),
    "what is then out of its range": ("parcels", '{"grams": 0}', "E831"),
    "what is then of another type": ("parcels", '{"grams": "many"}', "E831"),
    "an empty key": ("notes", ORDER, "E886"),
    "a key that is too long": ("notes", ORDER.replace('"page": 4', f'"note": "{"x" * 200}"'), "E886"),
    "a key of two lines": ("notes", ORDER.replace('"page": 4', '"note": "a\\nb"'), "E886"),
}


@pytest.mark.parametrize(("trigger", "body", "code"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_starts_nothing(trigger: str, body: str, code: str) -> None:
    world = World()
    (verdict,) = answers(asked(trigger, body), world=world)
    assert [no.code for no in verdict.refusals] == [code]
    assert [*world.log.heads()] == []


def test_with_makes_the_input() -> None:
    world = World()
    answers(asked("parcels", '{"grams": 125}'), world=world)
    (head,) = world.log.heads()
    began = decode(next(iter(world.log.events(head.number))))
    assert isinstance(began, RunStarted)
    assert bytes(began.input) == b'{"grams":125,"of":"parcel"}'
    assert head.key is None


@pytest.mark.parametrize("seam", [1, 2])
def test_a_request_that_is_sent_again_after_a_crash_starts_no_second_run(seam: int) -> None:
    world = World(crash_at=frozenset({seam}))
    with pytest.raises(LogFailed):
        answers(asked("orders", ORDER), world=world)
    answers(asked("orders", ORDER), world=world)
    assert len([*world.log.heads()]) == 1
