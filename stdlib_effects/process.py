"""`process.run`: a program in a process group of its own, which is killed as a whole when the program is given up.

What is known not to have begun may be tried again; once it has begun, nobody can say what it has done, so an attempt
that is given up ends as unknown. A program outlives a process of ours that is killed, and one that leaves its group
outlives the group.
"""

import asyncio
import errno
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings

MAX_BYTES = 10 * 2**20
"""More output, of either kind, does not belong in a run's log."""

_CHUNK = 2**16
_MAY_PASS = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY})
_DYING = 5.0
"""Seconds for a killed program to be gone: it may wait for a device, or have left a pipe to one outside its group."""


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    return {"process.run": Run(surroundings)}


class Run(Direct):
    """Runs programs."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def perform(self, request: Request) -> Outcome:
        """Run the program to its end."""
        asked = request.input
        program = asked["command"][0]
        try:
            process = await asyncio.create_subprocess_exec(
                *asked["command"],
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=self._surroundings.folder / asked.get("folder", "."),
                env={"PATH": os.environ.get("PATH", os.defpath), **asked.get("environment", {})},
                start_new_session=True,
            )
        except ValueError as problem:  # a null character, a name of the environment with `=`
            return Permanent(f"{program} cannot be run: {problem}")
        except OSError as problem:
            if problem.errno in _MAY_PASS:
                return Transient(f"{program} cannot be run now: {problem.strerror}", unknown=False)
            return Permanent(f"{program} cannot be run: {problem.strerror}")
        try:
            return await _finish(process, asked.get("input", "").encode("utf-8"))
        except _TooMuch:
            await _kill(process)
            return Permanent(f"{program} wrote more than {MAX_BYTES} bytes, and was killed", unknown=True)
        except BaseException:
            await _kill(process)
            raise


async def _finish(process: Process, given: bytes) -> Outcome:
    assert process.stdout  # noqa: S101 -- for the type checker: both are pipes
    assert process.stderr  # noqa: S101
    try:
        async with asyncio.TaskGroup() as together:
            output = together.create_task(_read(process.stdout))
            errors = together.create_task(_read(process.stderr))
            together.create_task(_write(process, given))
            status = together.create_task(process.wait())
    except* _TooMuch:
        raise _TooMuch from None
    return Result({"status": status.result(), "output": output.result(), "errors": errors.result()})


async def _read(stream: asyncio.StreamReader) -> str:
    data = bytearray()
    while part := await stream.read(_CHUNK):
        data += part
        if len(data) > MAX_BYTES:
            raise _TooMuch
    return data.decode("utf-8", errors="replace")


async def _write(process: Process, given: bytes) -> None:
    assert process.stdin  # noqa: S101 -- for the type checker: it is a pipe
    with suppress(BrokenPipeError, ConnectionResetError):  # the program need not read
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()


async def _kill(process: Process) -> None:
    """Kill what is left of the program's group, and wait until it has let go of the pipes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    streams = (stream for stream in (process.stdout, process.stderr) if stream is not None)
    ends = [asyncio.ensure_future(end) for end in (process.wait(), *map(_drop, streams))]
    _, going_on = await asyncio.wait(ends, timeout=_DYING)
    for end in going_on:
        end.cancel()


async def _drop(stream: asyncio.StreamReader) -> None:
    """Read to the end: a stream that is full does not notice it."""
    while await stream.read(_CHUNK):
        pass


class _TooMuch(Exception):  # noqa: N818 -- named for what happened
    """A program has written more than is taken."""
