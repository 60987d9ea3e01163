"""Plain functions run in threads, so many at once, and none is waited for that nobody wants."""

import asyncio
import threading
from typing import Any

import pytest

from cellc.runtime.commands import CancelRun
from cellc.runtime.python.thread import SLOTS
from tests.runtime.fabric.worlds import World
from tests.runtime.python.worlds import answer, module, program, view_of


def test_as_many_run_at_once_as_there_are_slots_and_the_others_wait() -> None:
    lock, full = threading.Lock(), threading.Event()
    now, most = [0], [0]

    def code(inputs: Any, fabric: Any) -> int:
        with lock:
            now[0] += 1
            most[0] = max(now[0], most[0])
            if now[0] == SLOTS:
                full.set()
        full.wait()
        with lock:
            now[0] -= 1
        return int(fabric.request("look", {"x": inputs["n"]}))

    async def runs() -> list[Any]:
        with module(code=code) as name:
            made = program(f"{name}:code")
            async with World(answer=answer).fabric() as fabric:
                started = [fabric.start(made, "main.code", {"n": n}) for n in range(SLOTS + 8)]
                return [(await fabric.finished(run)).output for run in started]

    assert asyncio.run(runs()) == list(range(1, SLOTS + 9))
    assert most[0] <= SLOTS


@pytest.mark.parametrize("asks", [True, False])
def test_a_thread_that_nobody_waits_for_keeps_its_slot_until_it_ends(asks: bool) -> None:
    begun, free, ended = threading.Event(), threading.Event(), threading.Event()
    asked: list[str] = []

    def code(inputs: Any, fabric: Any) -> int:
        try:
            begun.set()
            free.wait()
            if asks:
                fabric.request("look", {"x": 1})
                asked.append("answered")
            return 1
        finally:
            ended.set()

    async def cancelled() -> None:
        world = World(answer=answer)
        with module(code=code) as name:
            async with world.fabric() as fabric:
                run = fabric.start(program(f"{name}:code"), "main.code", {"n": 1})
                await asyncio.to_thread(begun.wait)
                await fabric.obey(CancelRun("run-1"))
                assert (await fabric.finished(run)).head.status == "cancelled"
                threads = fabric._code._threads
                assert threads._free == SLOTS - 1
                free.set()
                await asyncio.to_thread(ended.wait)
                while threads._free != SLOTS:  # noqa: ASYNC110 -- there is no event for it
                    await asyncio.sleep(0)
        assert world.asked.total() == 0

    asyncio.run(cancelled())
    assert asked == []


def test_a_process_ends_although_code_in_a_thread_does_not() -> None:
    begun, free = threading.Event(), threading.Event()

    def code(inputs: Any, fabric: Any) -> int:
        begun.set()
        free.wait()
        return int(fabric.request("look", {"x": 1}))

    async def left() -> None:
        with module(code=code) as name:
            async with World(answer=answer).fabric() as fabric:
                fabric.start(program(f"{name}:code"), "main.code", {"n": 1})
                await asyncio.to_thread(begun.wait)

    asyncio.run(left())
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "cell"]
    assert thread.daemon
    free.set()
    thread.join()


def test_requests_from_another_thread_are_refused() -> None:
    def code(inputs: Any, fabric: Any) -> int:
        problems: list[str] = []

        def ask() -> None:
            try:
                fabric.request("look", {"x": 1})
            except RuntimeError as problem:
                problems.append(str(problem))

        other = threading.Thread(target=ask)
        other.start()
        other.join()
        return len(problems)

    assert view_of(code).output == 1
