"""Runs that are moved to another version of their program, and go on there."""

from datetime import timedelta

import pytest
from msgspec import structs

from cellc.compiler.compat.moving import judge
from cellc.compiler.compat.plans import Plan, PlannedCell, PlannedPlace
from cellc.language.graph import Program
from cellc.language.moving import Moving
from cellc.runtime.core.events import to_micros
from cellc.runtime.core.inputs import Cancel, Failed
from cellc.runtime.core.plan import CellPlan
from cellc.runtime.core.prepare import prepare
from tests.compat.fears import CASES, NODE_CASES
from tests.compat.versions import DO, HEAD, INNER, LOOP, NODES, TRY, compiled
from tests.runtime.core.lives import Life, Refuses
from tests.runtime.log.moves import says

HOUR = timedelta(hours=1)
INPUT = {"amounts": [10, 20], "id": "o1", "why": "asked", "orders": [{"amounts": [10, 20]}, {"amounts": []}]}


def begun(program: Program) -> Life:
    """Return a run of the program, on what it takes of the input."""
    return Life(program, {name: INPUT[name] for name, _ in plan_of(program).inputs}, says)


def plan_of(program: Program) -> CellPlan:
    return prepare(program).cells[program.main]


def versions(body: str, *edits: tuple[str, str]) -> tuple[Program, Program]:
    old = new = HEAD + body
    for before, after in edits:
        assert new.count(before) == 1, before
        new = new.replace(before, after)
    return compiled(old), compiled(new)


def test_a_run_goes_on_in_the_new_version_with_what_it_has_done() -> None:
    old, new = versions(DO, ("      return {track", "      last = pack(id)\n      return {track"))
    life = begun(old).until("answer")
    assert life.move(new) is None
    life.end()
    assert life.performed == ["charge", "ask", "pack", "ship", "pack"]
    assert life.output == {"track": "track of box of c1"}
    assert len(set(life.keys)) == len(life.keys)


def carried() -> list[tuple[str, str, str]]:
    """Return each place of each change with its verdict."""
    return [
        (name, *part.split(":")) for cases in (CASES,) for name, (_, _, told) in cases.items() for part in told.split()
    ]


@pytest.mark.parametrize(("name", "place", "verdict"), carried())
def test_a_run_is_moved_from_where_the_verdict_says_so(name: str, place: str, verdict: str) -> None:
    body, edits, _ = CASES[name]
    old, new = versions(body, *edits)
    life = begun(old).until(place)
    done, there = [*life.performed], [*life.log.events(1)]
    stays = life.move(new)
    if verdict != "carry":
        assert stays is not None
        assert stays.verdict == verdict
        assert [*life.log.events(1)] == there
        life.end()
        assert life.performed == begun(old).end().performed
        return
    assert stays is None
    life.end()
    assert life.run.state.status == "completed"
    assert len(set(life.keys)) == len(life.keys)
    since = life.performed[len(done) :]
    assert life.performed[: len(done)] == done
    assert since == begun(new).end().performed[-len(since) :]


LATER = ("      return {track", "      last = pack(id)\n      return {track")


def test_calls_after_a_move_never_share_a_key_with_one_before() -> None:
    old, new = versions(DO, LATER)
    moved, stayed = begun(old).until("answer"), begun(old).until("answer")
    before = [*moved.keys]
    moved.move(new)
    moved.end()
    stayed.end()
    assert moved.keys[:2] == stayed.keys[:2] == [*before, moved.keys[1]]  # what was open then keeps its key
    assert not {*moved.keys[2:]} & {*stayed.keys}


def test_what_was_done_is_undone_under_the_new_version() -> None:
    old, new = versions(
        INNER, ("      return {track", "      last = pack(id)\n      return {track"), ("timeout: 10s", "timeout: 9s")
    )
    life = begun(old).until("seen")
    assert life.move(new) is None
    life.give(Cancel(life.now))
    life.end()
    assert life.performed == ["charge", "ask", "ask", "pack", "refund", "refund"]
    assert life.inputs[-2:] == [{"id": "o1"}, {"id": "c1"}]
    assert life.run.state.status == "cancelled"


def test_a_run_that_stands_in_a_cell_of_a_cell_goes_on_in_both() -> None:
    old, new = versions(
        INNER,
        ("      return {id: paid.id}", "      two = pack(id=paid.id)\n      return {id: two.box}"),
        ("effects: [charge, ask, refund]", "effects: [charge, ask, refund, pack]"),
    )
    life = begun(old).until("receipt/sure")
    assert life.move(new) is None
    life.end()
    assert life.performed == ["charge", "ask", "pack", "ask", "pack", "ask"]


def test_a_run_in_the_middle_of_a_loop_goes_on_in_its_round() -> None:
    old, new = versions(LOOP, LATER)
    life = begun(old).until("seen")
    life.advance()
    life.until("seen")
    assert life.move(new) is None
    life.end()
    assert life.performed == ["charge", "ask", "charge", "ask", "pack", "ship", "pack"]


def test_an_error_after_a_move_goes_where_the_new_version_says() -> None:
    old, new = versions(
        TRY, ("      except Declined:\n        pass\n", '      except Declined:\n        track = "poor"\n')
    )
    life = begun(old).until("paid")
    assert life.move(new) is None
    life.says = lambda effect, given: (
        Refuses("Declined", {"reason": "no"}) if effect == "charge" else says(effect, given)
    )
    life.end()
    assert life.output == {"track": "poor"}


def test_nodes_of_a_topology_that_nothing_is_before_begin_with_the_move() -> None:
    old, new = versions(
        NODES, ("      return:", "      extra: pack(id)\n      last: pack(id=extra.box) after box\n      return:")
    )
    life = begun(old).until("seen")
    assert life.move(new) is None
    assert life.standing() == ["seen", "extra"]
    life.end()
    assert life.performed == ["charge", "pack", "ask", "pack", "pack"]
    assert life.output == {"track": "o1"}


NODES_OF_TOPOLOGY = [(name, *part.split(":")) for name, (_, told, _) in NODE_CASES.items() for part in told.split()]


@pytest.mark.parametrize(("name", "place", "verdict"), NODES_OF_TOPOLOGY)
def test_a_topology_is_moved_from_where_its_states_allow_it(name: str, place: str, verdict: str) -> None:
    edits, _, conditions = NODE_CASES[name]
    old, new = versions(NODES, *edits)
    life = begun(old).until(place)
    states = {"paid": "waiting", "seen": "waiting", "box": "waiting", place: "open"}
    states |= dict.fromkeys(["paid", "seen", "box"][: ["paid", "seen", "box"].index(place)], "done")
    forbidden = [told for told in conditions if states[told.split()[0]] in told.split(":")[0].split()[1].split("/")]
    stays = life.move(new)
    assert (stays is None) == (verdict == "carry" and not forbidden)
    life.end()
    assert life.run.state.status == "completed"
    assert len(set(life.keys)) == len(life.keys)


def test_members_of_a_group_in_flight_go_on_with_those_that_are_done() -> None:
    body = LOOP.replace(
        "      for a in amounts:\n        paid = charge(amount=a)\n        seen = ask(id=paid.id)\n",
        "      all = par(charge(amount=a) undo refund(id=it.id) for a in amounts, limit=2)\n",
    ).replace("[charge, pack", "[charge, refund, pack")
    old, new = versions(body, LATER)
    life = begun(old).until("all")
    life.advance()
    assert life.move(new) is None
    life.until("sent")
    life.give(Cancel(life.now))
    life.end()
    assert life.performed == ["charge", "charge", "pack", "refund", "refund"]


def test_whether_a_value_fits_is_seen_on_the_run_itself() -> None:
    old, new = versions(DO, ("    in: {amounts: [int], id: string}", "    in: {amounts: [int], id: string(..3)}"))
    short, long = begun(old).until("receipt"), Life(old, {"amounts": [], "id": "order-1"}, says).until("receipt")
    assert short.move(new) is None
    stays = long.move(new)
    assert stays is not None
    assert (stays.verdict, stays.cell, stays.place, stays.path) == ("default", "shop.main", "receipt", "main/receipt")
    assert stays.reason == "what it has as `id` does not fit here any more: string(..3)"


def test_a_value_that_is_given_is_worked_out_from_what_the_run_has() -> None:
    old, new = versions(DO, *CASES["input made required"][1])
    moving = judge(old, new)
    cell = moving.cells["shop.main"]
    given = structs.replace(cell.places["answer"], given={"why": ["var", "id"]})
    cell = structs.replace(cell, places={**cell.places, "answer": given})
    life = begun(old).until("answer")
    assert life.move(new, structs.replace(moving, cells={**moving.cells, "shop.main": cell})) is None
    life.end()
    assert {"id": "o1"} in life.inputs[2:]


def test_a_run_that_is_being_undone_stays_until_that_is_over() -> None:
    old, new = versions(DO, LATER)
    life = begun(old).until("answer")
    life.give(Cancel(life.now))
    stays = life.move(new)
    assert stays is not None
    assert stays.reason == "it is being undone there; it can be moved when that is over"
    life.end()
    assert life.performed == ["charge", "refund"]


def test_a_timer_keeps_its_due_time() -> None:
    body = DO.replace("answer = ask(id)", "answer = ask(id) within 1h").replace(
        "[Declined]\n    eff", "[Declined, Timeout]\n    eff"
    )
    old, new = versions(body, ("within 1h", "within 5h"), LATER)
    life = begun(old).until("answer")
    due = [call.due for call in life.run.state.calls.values()]
    assert life.move(new) is None
    assert [call.due for call in life.run.state.calls.values()] == due


def test_a_run_can_be_moved_back_and_forth() -> None:
    old, new = versions(DO, ("timeout: 10s", "timeout: 1s"))
    life = begun(old).until("answer")
    assert life.move(new) is None
    assert life.move(old) is None
    assert life.move(new) is None
    assert life.run.state.generation == 3
    life.end()
    assert life.performed == ["charge", "ask", "pack", "ship"]
    assert len(set(life.keys)) == len(life.keys)


def test_the_first_step_after_a_move_is_known() -> None:
    old, new = versions(DO, LATER)
    life = begun(old).until("answer")
    life.move(new)
    moved = life.run.state.moved
    assert moved is not None
    assert (moved.graph, moved.by, moved.reason, moved.first) == (old.sha256, "anna", "the audit", None)
    life.until("box").until("sent")
    moved = life.run.state.moved
    assert moved is not None
    assert moved.first == "main/box"


def said(moving: Moving, place: str, **what: object) -> Moving:
    """Return the same with what a plan says of a place of `main`."""
    cell = moving.cells["shop.main"]
    changed = structs.replace(cell.places[place], **what)
    return structs.replace(
        moving, cells={**moving.cells, "shop.main": structs.replace(cell, places={**cell.places, place: changed})}
    )


def test_a_deadline_begins_again_where_that_is_said() -> None:
    body = DO.replace("answer = ask(id)", "answer = ask(id) within 1h").replace(
        "[Declined]\n    eff", "[Declined, Timeout]\n    eff"
    )
    old, new = versions(body, ("within 1h", "within 5h"))
    life = begun(old).until("answer")
    assert life.move(new, said(judge(old, new), "answer", wait="restart")) is None
    deadlines = [call.due for call in life.run.state.calls.values() if call.due is not None]
    assert deadlines == [to_micros(life.now + 5 * HOUR)]


def test_a_timer_begins_again_where_that_is_said() -> None:
    body = DO.replace("answer = ask(id)", "answer = time.sleep(for=1h)").replace("ship, ask]\n", "ship, time.sleep]\n")
    body = body.replace("answer = time", "time")
    old, new = versions(body, ("for=1h", "for=3h"))
    moving = judge(old, new, Plan({"shop.main": PlannedCell({"sleep": PlannedPlace("sleep", "restart")})}))
    life = begun(old).until("sleep")
    assert life.move(new, moving) is None
    assert [call.due for call in life.run.state.calls.values()] == [to_micros(life.now + 3 * HOUR)]
    life.end()
    assert life.performed == ["charge", "pack", "ship"]


def test_a_run_that_cannot_be_moved_is_taken_back_where_that_is_said() -> None:
    old, new = versions(DO, *CASES["order swapped"][1])
    life = begun(old).until("box")
    stays = life.move(new, structs.replace(judge(old, new), stay="cancel"))
    assert stays is not None
    assert stays.verdict == "pin"
    life.end()
    assert life.performed == ["charge", "ask", "refund"]
    assert life.run.state.status == "cancelled"


def test_a_run_that_is_on_its_way_out_is_not_taken_back_for_that() -> None:
    old, new = versions(DO, *CASES["order swapped"][1])
    life = begun(old).until("box")
    life.give(Cancel(life.now))
    before = [*life.log.events(1)]
    assert life.move(new, structs.replace(judge(old, new), stay="cancel")) is not None
    assert [*life.log.events(1)] == before


@pytest.mark.parametrize("wait", ["keep", "restart"])
def test_a_call_that_waits_for_its_next_attempt_is_made_at_once_where_that_is_said(wait: str) -> None:
    old, new = versions(DO, LATER)
    life = begun(old).until("receipt")
    life.give(Failed(life.now, 0, 1, "not now"))
    (call,) = life.run.state.calls.values()
    before = call.due
    assert life.move(new, said(judge(old, new), "receipt", wait=wait)) is None
    (moved,) = life.run.state.calls.values()
    assert (moved.due, moved.key) == (before if wait == "keep" else to_micros(life.now), call.key)
    assert life.end().performed == ["charge", "ask", "pack", "ship", "pack"]


@pytest.mark.parametrize("added", [True, False])
def test_what_a_branch_has_done_is_undone_as_that_branch_where_another_came_or_went_before_it(added: bool) -> None:
    body = DO.replace(
        "      receipt = charge(amount=1) undo refund(id=it.id)\n",
        "      both = par(b=charge(amount=1) undo refund(id=it.id), c=pack(id) undo pack(id=it.box))\n",
    ).replace("receipt.id", "id")
    less, more = versions(
        body, ("par(b=charge", "par(a=time.now(), b=charge"), ("ship, ask]\n", "ship, ask, time.now]\n")
    )
    old, new = (less, more) if added else (more, less)
    life = begun(old).until("answer")
    assert life.move(new) is None
    life.give(Cancel(life.now))
    life.end()
    assert [*zip(life.performed, life.inputs, strict=True)][-2:] == [
        ("pack", {"id": "box of o1"}), ("refund", {"id": "c1"}),
    ]  # fmt: skip


def test_what_only_an_undo_names_is_there_when_its_call_is_answered() -> None:
    body = DO.replace("undo refund(id=it.id)", "undo refund(id=id)").replace("ask(id)", 'ask(id="x")')
    old, new = versions(body, (*LATER[:1], '      last = pack(id="y")\n      return {track'))
    life = begun(old).until("receipt")
    assert life.move(new) is None
    life.until("answer").give(Cancel(life.now))
    life.end()
    assert [*zip(life.performed, life.inputs, strict=True)][-1] == ("refund", {"id": "o1"})
