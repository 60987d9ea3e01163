"""Given what has happened to a run, when an input comes, then these events follow, and this is to be done."""

from datetime import UTC, datetime, timedelta

import pytest

from cellc.runtime.core import outcomes
from cellc.runtime.core.events import (
    CallCompleted,
    CallRaised,
    CallRetrying,
    CallSent,
    CallStalled,
    Retried,
    RunEnded,
    RunFaulted,
    RunStarted,
    TimerFired,
    decode,
    encode,
    from_micros,
)
from cellc.runtime.core.inputs import Completed, Failed, Raised, Recovered, Retry, Sent, Start, Tick
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Failure, RunState, Success
from cellc.runtime.core.step import fold, pending, step
from tests.runtime.core.building import call, each, program, script, topology
from tests.runtime.core.driving import AT, RUN
from tests.runtime.core.programs import SECOND


class History:
    """A run of a program, to which inputs are given one at a time, a second apart."""

    def __init__(self, *cells, **inputs):
        self.plan = prepare(program("main", *cells))
        self.state = RunState(RUN)
        self.now = AT
        self.events = []
        self.give(Start, "graph", "main", inputs)

    def give(self, kind, *rest, **options):
        """Give an input; return the kinds of the events that followed."""
        self.now += timedelta(seconds=1)
        self.last = step(self.plan, self.state, kind(self.now, *rest, **options))
        self.events += self.last.events
        return [type(event) for event in self.last.events]

    @property
    def performing(self):
        return [(ready.effect, dict(ready.input)) for ready in self.last.delta.perform]

    def again(self):
        """Come back from the log."""
        self.state = fold(self.plan, RUN, [decode(encode(event)) for event in self.events])


def test_a_script_requests_one_call_at_a_time():
    run = History(script("main", ["n"], [call("a", "work", x="n"), call("b", "look", x="a"), ("return", "a + b")]), n=1)
    assert run.performing == [("work", {"x": 1})]
    assert run.give(Completed, 0, 10) == [CallCompleted]
    assert run.performing == [("look", {"x": 10})]
    assert run.give(Completed, 1, 5) == [CallCompleted, RunEnded]
    assert run.state.outcome == Success(15)
    assert run.last.delta.ended


def test_a_run_without_calls_starts_and_ends_at_once():
    run = History(script("main", ["n"], [("return", "n + 1")]), n=1)
    assert [type(event) for event in run.events] == [RunStarted, RunEnded]


def test_nothing_happens_to_a_run_that_has_ended():
    run = History(script("main", ["n"], [("return", "n")]), n=1)
    for kind, *rest in [(Tick,), (Retry,), (Completed, 0, 1), (Start, "graph", "main", {})]:
        assert run.give(kind, *rest) == []


def test_a_result_for_a_call_that_never_was_decides_nothing():
    run = History(script("main", ["n"], [call("a", "work", x="n"), ("return", "a")]), n=1)
    assert run.give(Completed, 7, 1) == []
    assert run.give(Failed, 0, 2, "an attempt that was not made") == []


def test_loops_inside_loops_begin_anew_each_time():
    inner = ("for", "j", "range(2)", [call("x", "work", x="i * 10 + j")])
    run = History(script("main", [], [("for", "i", "range(2)", [inner]), ("return", "x")]))
    asked = []
    while run.last.delta.perform:
        asked.append(run.performing[0][1]["x"])
        run.give(Completed, run.last.delta.perform[0].call, 0)
    assert asked == [0, 1, 10, 11]


def test_a_loop_that_was_left_by_an_error_begins_anew():
    body = ("for", "j", "[1, 2]", [call("x", "work", x="j")])
    steps = [("for", "i", "[1, 2]", [("try", [body], "Bad", "e", [])]), ("return", "0")]
    run = History(script("main", [], steps))
    run.give(Raised, 0, "Bad", {"why": "x"})
    assert run.performing == [("work", {"x": 1})]


def test_an_error_goes_to_its_handler_with_its_fields_name_and_step():
    steps = [("try", [call("a", "work", x="1")], "Bad", "e", [("return", "{why: e.why, name: e.name, step: e.step}")])]
    run = History(script("main", [], steps))
    assert run.give(Raised, 0, "Bad", {"why": "none left"}) == [CallRaised, RunEnded]
    assert run.state.outcome == Success({"why": "none left", "name": "Bad", "step": "work"})


def test_a_raised_error_has_no_step_and_passes_through_cells():
    run = History(
        script("inner", [], [("raise", "Bad", {"why": "'deep'"})]),
        script("main", [], [("try", [call("a", "inner")], "Bad", "e", [("return", "[e.why, e.step]")])], {"inner"}),
    )
    assert run.state.outcome == Success(["deep", "inner"])


def test_an_error_that_nobody_handles_fails_the_run_and_says_where():
    inner = script("inner", [], [call("a", "work", x="1"), ("return", "a")])
    run = History(inner, script("main", [], [call("a", "inner"), ("return", "a")], {"inner"}))
    assert run.give(Raised, 0, "Bad", {"why": "x"}) == [CallRaised, RunEnded]
    assert run.state.status == "failed"
    assert run.events[-1].place == "main/inner#1/work#1"
    assert run.events[-1].error == "Bad"


def test_an_error_that_the_effect_does_not_declare_stalls():
    run = History(script("main", [], [call("a", "look", x="1"), ("return", "a")]))
    assert run.give(Raised, 0, "Bad", {}) == [CallStalled]
    assert run.state.status == "stalled"


def test_topology_places_start_when_what_they_read_is_there():
    nodes = {
        "a": call("_", "work", x="n"),
        "b": call("_", "look", x="n"),
        "c": call("_", "work", x="a + b"),
        "d": (call("_", "look", x="0"), {"after": ["c"]}),
    }
    run = History(topology("main", ["n"], nodes, "[a, b, c, d]"), n=1)
    assert run.performing == [("work", {"x": 1}), ("look", {"x": 1})]
    run.give(Completed, 1, 20)
    assert run.performing == []
    run.give(Completed, 0, 10)
    assert run.performing == [("work", {"x": 30})]
    run.give(Completed, 2, 3)
    assert run.performing == [("look", {"x": 0})]
    run.give(Completed, 3, 4)
    assert run.state.outcome == Success([10, 20, 3, 4])


def test_a_skipped_place_is_null_and_does_not_stop_what_follows():
    nodes = {"a": (call("_", "work", x="n"), {"when": "n > 5"}), "b": (call("_", "look", x="n"), {"after": ["a"]})}
    run = History(topology("main", ["n"], nodes, "[a, b]"), n=1)
    assert run.performing == [("look", {"x": 1})]
    run.give(Completed, 0, 7)
    assert run.state.outcome == Success([None, 7])


def test_a_ready_guard_goes_before_ready_calls():
    nodes = {
        "pay": call("_", "work", x="n"),
        "ok": ("bind", "_", "n > 0"),
        "stop": (("raise", "Bad", {"why": "'no'"}), {"when": "not ok"}),
    }
    run = History(topology("main", ["n"], nodes, "pay"), n=0)
    assert run.performing == []
    assert run.state.status == "failed"
    assert run.events[0].calls == ()


def test_the_first_error_in_a_topology_abandons_what_is_in_flight():
    inner = script("inner", [], [call("x", "look", x="9"), ("return", "x")])
    nodes = {"a": call("_", "work", x="1"), "b": call("_", "inner"), "c": call("_", "work", x="a")}
    run = History(inner, topology("main", [], nodes, "c", {"inner"}))
    assert run.give(Raised, 0, "Bad", {"why": "x"}) == [CallRaised, RunEnded]
    assert run.last.delta.abandon == (1,)
    assert run.state.calls == {}
    assert run.give(Completed, 1, 5) == []


def test_a_fan_out_keeps_its_limit_and_the_order_of_its_items():
    run = History(script("main", [], [each("r", "i", "[1, 2, 3, 4]", "work", "2", x="i"), ("return", "r")]))
    assert [given["x"] for _, given in run.performing] == [1, 2]
    run.give(Completed, 1, "second")
    assert run.performing == [("work", {"x": 3})]
    for number, value in ((2, "third"), (3, "fourth"), (0, "first")):
        run.give(Completed, number, value)
    assert run.state.outcome == Success(["first", "second", "third", "fourth"])


def test_a_fan_out_over_nothing_is_an_empty_list():
    run = History(script("main", [], [each("r", "i", "[]", "work", x="i"), ("return", "r")]))
    assert run.state.outcome == Success([])
    flow = History(topology("main", [], {"r": each("_", "i", "[]", "work", x="i"), "s": ("bind", "_", "len(r)")}, "s"))
    assert flow.state.outcome == Success(0)


def test_the_first_error_of_a_fan_out_abandons_the_others_and_starts_no_more():
    fan = each("r", "i", "[1, 2, 3]", "work", "2", x="i")
    run = History(script("main", [], [("try", [fan], "Bad", "e", [("return", "e.why")])]))
    run.give(Raised, 1, "Bad", {"why": "second"})
    assert run.last.delta.abandon == (0,)
    assert run.state.outcome == Success("second")


def test_a_failed_attempt_is_made_again_when_it_is_due():
    run = History(script("main", [], [call("a", "shaky", x="1"), ("return", "a")]))
    assert run.give(Failed, 0, 1, "busy") == [CallRetrying]
    due = from_micros(run.last.events[0].due)
    assert due == run.now + timedelta(seconds=1) == run.last.delta.wake_at
    assert run.state.status == "waiting"
    run.now = due - timedelta(seconds=1, microseconds=1)
    assert run.give(Tick) == []
    assert run.performing == []
    assert run.give(Tick) == []
    assert [(ready.attempt, ready.call) for ready in run.last.delta.perform] == [(2, 0)]
    assert run.give(Tick) == []
    assert run.performing == []


def test_the_other_side_may_ask_for_more_time():
    run = History(script("main", [], [call("a", "work", x="1"), ("return", "a")]))
    run.give(Failed, 0, 1, "busy", retry_after=3600.0)
    assert run.last.delta.wake_at == run.now + timedelta(hours=1)


def exhaust(run):
    kinds = []
    for attempt in (1, 2, 3):
        kinds += run.give(Failed, 0, attempt, "down")
        run.now = run.last.delta.wake_at or run.now
        run.give(Tick)
    return kinds


def test_a_call_whose_attempts_are_used_up_stalls_until_a_person_retries_it():
    run = History(script("main", [], [call("a", "work", x="1"), ("return", "a")]))
    key = run.last.delta.perform[0].key
    assert exhaust(run) == [CallRetrying, CallRetrying, CallStalled]
    assert run.state.status == "stalled"
    assert run.give(Retry) == [Retried]
    assert [(ready.attempt, ready.key) for ready in run.last.delta.perform] == [(4, key)]
    assert run.give(Failed, 0, 4, "down") == [CallRetrying]
    assert run.give(Completed, 0, 1) == [CallCompleted, RunEnded]


def test_an_effect_that_lists_unavailable_raises_it_instead():
    steps = [("try", [call("a", "shaky", x="1")], "Unavailable", "e", [("return", "e.reason")])]
    run = History(script("main", [], steps))
    assert exhaust(run) == [CallRetrying, CallRetrying, CallRaised, RunEnded]
    assert run.state.outcome == Success("down")


def test_a_permanent_failure_stalls_at_once_and_siblings_go_on():
    run = History(topology("main", [], {"a": call("_", "work", x="1"), "b": call("_", "work", x="2")}, "a + b"))
    assert run.give(Failed, 0, 1, "refused", permanent=True) == [CallStalled]
    assert run.state.status == "running"
    run.give(Completed, 1, 1)
    assert run.state.status == "stalled"
    assert run.give(Completed, 0, 1) == [CallCompleted, RunEnded]


def test_a_once_call_is_marked_before_it_is_performed_and_never_retried():
    run = History(script("main", [], [call("a", "pay", x="1"), ("return", "a")]))
    assert run.give(Sent, 0) == [CallSent]
    assert run.give(Sent, 0) == []
    assert run.give(Failed, 0, 1, "refused") == [CallStalled]
    assert run.events[-1].kind == "exhausted"


@pytest.mark.parametrize(("effect", "sent"), [("look", False), ("work", False), ("pay", False), ("pay", True)])
def test_after_a_restart_calls_are_performed_again_but_not_a_once_call_that_was_sent(effect, sent):
    run = History(script("main", [], [call("a", effect, x="1"), ("return", "a")]))
    if sent:
        run.give(Sent, 0)
    run.again()
    assert run.give(Recovered, run.now) == ([CallStalled] if sent else [])
    assert [ready.maybe_sent for ready in run.last.delta.perform] == ([] if sent else [effect != "pay"])
    assert run.last.delta == pending(run.plan, run.state)


def test_a_timer_counts_from_the_event_that_enabled_it_and_survives_a_restart():
    run = History(script("main", [], [call(None, "sleep", **{"for": f"{SECOND} * 60"}), ("return", "'woke'")]))
    due = run.now + timedelta(minutes=1)
    assert run.performing == []
    assert run.last.delta.wake_at == due
    assert run.state.status == "waiting"
    run.again()
    run.give(Recovered, run.now)
    assert run.last.delta.wake_at == due
    run.now = due
    assert run.give(Tick) == [TimerFired, RunEnded]


def test_a_timer_beyond_the_end_of_time_waits_until_then():
    age = {"for": f"{SECOND} * 86400 * 999999999"}
    run = History(script("main", [], [call(None, "sleep", **age), ("return", "0")]))
    assert run.last.delta.wake_at == datetime.max.replace(tzinfo=UTC)


def test_timers_fire_in_order_and_one_that_was_cancelled_does_not():
    nap = {"for": f"{SECOND} * 60"}
    inner = script("inner", [], [call(None, "sleep", **nap), ("raise", "Bad", {"why": "'late'"})])
    nodes = {"a": call("_", "inner"), "b": call("_", "sleep", **nap), "c": (call("_", "work", x="1"), {"after": ["b"]})}
    run = History(inner, topology("main", [], nodes, "c", {"inner"}))
    run.now += timedelta(hours=1)
    kinds = run.give(Tick)
    assert kinds[-1] is RunEnded
    assert run.state.status == "failed"
    assert run.performing == []


def test_the_time_of_events_never_goes_back():
    run = History(script("main", [], [call("a", "work", x="1"), call("b", "work", x="a"), ("return", "b")]))
    run.now -= timedelta(days=1)
    run.give(Completed, 0, 1)
    assert run.events[1].at == run.events[0].at


def test_a_fault_stalls_its_place_and_siblings_go_on():
    nodes = {"a": ("bind", "_", "1 // n"), "b": call("_", "work", x="1")}
    run = History(topology("main", ["n"], nodes, "[a, b]"), n=0)
    assert [type(event) for event in run.events] == [RunStarted, RunFaulted]
    assert run.events[1].reason == "division by zero in `//`"
    assert run.state.status == "running"
    run.give(Completed, 0, 1)
    assert run.state.status == "stalled"
    assert run.give(Retry) == [Retried, RunFaulted]
    assert run.state.status == "stalled"
    run.again()
    assert run.state.divergence is None
    assert run.state.status == "stalled"


def test_a_fault_in_one_item_of_a_fan_out_leaves_the_others_to_finish():
    run = History(script("main", [], [each("r", "i", "[1, 0, 2]", "work", x="10 // i"), ("return", "r")]))
    assert run.performing == [("work", {"x": 10})]
    assert run.give(Completed, 0, 1) == [CallCompleted]
    assert run.state.status == "stalled"
    assert run.give(Retry) == [Retried, RunFaulted]


def test_a_script_that_never_rests_is_stopped():
    loop = ("for", "i", "range(2000)", [("for", "j", "range(1000)", [("bind", "n", "i")])])
    run = History(script("main", [], [loop, ("return", "n")]))
    assert [type(event) for event in run.events] == [RunStarted, RunFaulted]
    assert "without an effect" in run.events[1].reason


def test_a_declared_key_makes_the_same_request_of_equal_text_and_never_of_another_effect():
    def key(callee: str, text: str, place: str) -> str:
        run = History(script("main", ["n"], [call(place, callee, id="n"), ("return", place)]), n=text)
        assert run.events[0].calls[0].key == run.last.delta.perform[0].key
        return run.last.delta.perform[0].key

    assert key("keyed", "order-17", "a") == key("keyed", "order-17", "b")
    assert key("keyed", "order-17", "a") != key("keyed", "order-18", "a")
    assert key("keyed", "order-17", "a") != key("keyed_too", "order-17", "a")


def test_a_log_whose_calls_this_program_does_not_derive_stands_at_the_first_difference():
    run = History(script("main", ["n"], [call("a", "work", x="n"), call("b", "work", x="a"), ("return", "b")]), n=1)
    run.give(Completed, 0, 5)
    changed = script("main", ["n"], [call("a", "work", x="n"), call("b", "look", x="a"), ("return", "b")])
    other = fold(prepare(program("main", changed)), RUN, run.events)
    assert other.status == "stalled"
    assert other.divergence is not None
    assert other.divergence.startswith("the log has call 1 (place 2 of frame 0, key ")
    run.state, run.plan = other, prepare(program("main", changed))
    assert run.give(Completed, 1, 5) == []


def test_a_log_with_an_answer_to_no_call_stands_there():
    run = History(script("main", ["n"], [("return", "n")]), n=1)
    state = fold(run.plan, RUN, [run.events[0], CallCompleted(0, 3, run.events[1].value)])
    assert state.divergence == "the log has an answer to call 3, which is not open here"


def test_a_failed_run_remembers_its_error():
    run = History(script("main", [], [("raise", "Bad", {"why": "'so'"})]))
    assert run.state.outcome == Failure("Bad", {"why": "so"}, None, "main/raise#1")
    run.again()
    assert run.state.ended
    assert run.state.outcome == Failure("Bad", {"why": "so"}, None, "main/raise#1")


@pytest.mark.parametrize(
    ("effect", "events", "kind"),
    [("look", [], ""), ("work", [], ""), ("pay", [CallStalled], "unknown"), ("pay_or_say", [CallRaised, RunEnded], "")],
)
def test_in_a_copied_log_a_once_call_that_was_ready_may_have_been_performed(effect, events, kind):
    run = History(script("main", [], [call("a", effect, x="1"), ("return", "a")]))
    run.again()
    assert run.give(Recovered, run.now, adopted=True) == events
    assert [each.kind for each in run.events if isinstance(each, CallStalled)] == [kind] * bool(kind)
    assert [ready.maybe_sent for ready in run.last.delta.perform] == [True] * (not events)


@pytest.mark.parametrize("effect", ["look", "work", "pay"])
def test_what_processes_end_over_is_left_alone_until_a_person_wants_it(effect):
    run = History(script("main", [], [call("a", effect, x="1"), ("return", "a")]))
    run.again()
    assert run.give(Recovered, run.now, deadly=True) == [CallStalled]
    assert (run.events[-1].kind, run.state.status, run.last.delta.perform) == ("deadly", "stalled", ())
    assert run.give(Retry) == [Retried]
    assert [ready.call for ready in run.last.delta.perform] == [0]


def test_a_result_that_is_too_long_for_a_value_is_not_recorded_and_a_person_decides(monkeypatch):
    monkeypatch.setattr(outcomes, "MAX_BYTES", 100)
    run = History(script("main", [], [call("a", "work", x="1"), ("return", "a")]))
    assert run.give(Completed, 0, "v" * 200) == [CallStalled]
    assert (run.events[-1].kind, run.events[-1].doubt, run.state.status) == ("permanent", True, "stalled")
