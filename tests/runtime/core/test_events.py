import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.runtime.core.advance import read, stored
from cellc.runtime.core.events import (
    CallAgain,
    CallCompleted,
    CallDeferred,
    CallDropped,
    CallProbing,
    CallRaised,
    CallReady,
    CallResolved,
    CallRetrying,
    CallSent,
    CallStalled,
    EventReceived,
    Retried,
    RunEnded,
    RunFaulted,
    RunStarted,
    TaskCompleted,
    TimerFired,
    decode,
    encode,
    from_micros,
    to_micros,
)
from tests.runtime.core.driving import AT

VALUE = msgspec.Raw(b'{"a":{"$decimal":"1.50"}}')
CALLS = (CallReady(1, 0, 3, 2, -1, "ab" * 16),)
EXAMPLES = [
    RunStarted(1, "graph", "m.main", VALUE, CALLS),
    CallCompleted(2, 1, VALUE),
    CallRaised(3, 1, "m.Bad", VALUE, CALLS),
    CallRetrying(4, 1, 2, 99, "busy"),
    CallSent(5, 1),
    CallStalled(6, 1, "permanent", "refused"),
    TimerFired(7, 1, CALLS),
    RunFaulted(8, 0, 3, "division by zero"),
    Retried(9, CALLS),
    RunEnded(10, "completed", VALUE),
    RunEnded(10, "failed", VALUE, "m.Bad", "main/a"),
    EventReceived(11, 1, "id-1", VALUE, CALLS),
    TaskCompleted(12, 1, VALUE),
    CallRetrying(4, 1, 2, 99, "busy", doubt=True, key="cd" * 16),
    CallDeferred(13, 1, 99, "closed"),
    CallProbing(14, 1, "failed", "cut", CALLS),
    CallDropped(15, 1, CALLS),
    CallResolved(16, 1, VALUE, "m.Bad", CALLS),
    CallAgain(17, 1, "cd" * 16),
    Retried(18, CALLS, {1: "cd" * 16}),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_as_it_was_written(event):
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("event", "row"),
    [
        (
            EXAMPLES[0],
            b'\x01["started",1,"graph","m.main",{"a":{"$decimal":"1.50"}},[[1,0,3,2,-1,"' + b"ab" * 16 + b'"]]]',
        ),
        (EXAMPLES[3], b'\x01["retrying",4,1,2,99,"busy",false,null]'),
        (EXAMPLES[9], b'\x01["ended",10,"completed",{"a":{"$decimal":"1.50"}},null,null]'),
        (EXAMPLES[12], b'\x01["answered",12,1,{"a":{"$decimal":"1.50"}},[]]'),
    ],
)
def test_the_rows_of_version_1_are_a_promise(event, row):
    assert encode(event) == row
    assert decode(row) == event


def test_the_rows_of_version_2_are_a_promise():
    event = CallCompleted(2, 1, VALUE, CALLS)
    row = b'\x02\x94\x02\x01\xc4\x19{"a":{"$decimal":"1.50"}}\x91\x96\x01\x00\x03\x02\xff\xc4\x10' + b"\xab" * 16
    assert encode(event) == row
    assert decode(row) == event


def test_completed_calls_of_version_1_are_read():
    row = b'\x01["completed",2,1,{"a":{"$decimal":"1.50"}},[[1,0,3,2,-1,"' + b"ab" * 16 + b'"]]]'
    assert decode(row) == CallCompleted(2, 1, VALUE, CALLS)


def test_rows_from_before_there_was_doubt_are_read():
    assert decode(b'\x01["retrying",4,1,2,99,"busy"]') == EXAMPLES[3]
    assert decode(b'\x01["stalled",6,1,"permanent","refused"]') == EXAMPLES[5]
    assert decode(b'\x01["retried",9,[]]') == Retried(9)


@pytest.mark.parametrize("row", [b"", b"\x02[]", b"\x02", b"\x03[]", b'\x01["nonsense",1]', b"\x01{", b'["started"]'])
def test_a_row_that_no_version_wrote_is_a_value_error(row):
    with pytest.raises(ValueError, match=r".+"):
        decode(row)


def test_a_step_of_a_chain_takes_less_than_50_bytes():
    event = CallCompleted(to_micros(AT), 12345, msgspec.Raw(b"17"), (CallReady(12346, 0, 3, 12345, -1, "ab" * 16),))
    assert len(encode(event)) < 50


def test_values_are_decoded_from_what_is_stored():
    value = {"price": 1, "tags": ["a"]}
    assert read(stored(value)) == value


@given(st.integers(-(10**15), 10**16))
def test_times_are_whole_microseconds(micros):
    assert to_micros(from_micros(micros)) == micros
