"""`cellc serve FILE...`: start runs for requests and by the clock, as the triggers of programs say."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING

import click

from cellc.command import Command, handlers_option, log_option, permission_options
from cellc.exits import CannotDo, Refused, problem
from cellc.language.graph import Program, Trigger, dump
from cellc.language.span import Source
from cellc.loading import load_program
from cellc.readiness import refuse_unready
from cellc.running import World, log_problems, own_and, real_world
from cellc.runtime.commands import Serve
from cellc.runtime.fabric import Fabric
from cellc.settings import log_path
from cellc.terminal import Terminal

if TYPE_CHECKING:
    from cellc.language.diagnostics import Diagnostic


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where requests come in.")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any.")
@handlers_option
@permission_options
@log_option
@click.pass_obj
def command(
    terminal: Terminal,
    files: tuple[str, ...],
    host: str,
    port: int,
    handlers: str | None,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    log: str | None,
) -> int:
    """Serve the triggers of the programs FILE... until a signal comes, and go on with all runs of the log.

    A request that a trigger takes is answered with the id of its run as soon as that is recorded. Whoever can reach the
    address can start runs; put what decides who may in front of it.
    """
    loaded = {file: load_program(file, terminal, handlers) for file in files}
    programs = {file: program for file, (program, _) in loaded.items()}
    _refuse_unserved(programs)
    path = log_path(log)
    world = real_world(path, terminal, allow, deny)
    for program, sources in loaded.values():
        _refuse_unready(program, world, sources)

    async def work(fabric: Fabric) -> int:
        return await _serve(fabric, [*programs.values()], world, host, port)

    with log_problems():
        return own_and(path, world, work)


def _refuse_unserved(programs: Mapping[str, Program]) -> None:
    """Refuse programs without triggers, and triggers that meet. Raises CannotDo."""
    taken: dict[str, str] = {}
    for file, program in programs.items():
        if not program.triggers:
            raise CannotDo(problem("E880", path=file))
        for trigger in program.triggers.values():
            names = [f"the trigger `{trigger.name}`", *([_taken(trigger)] if trigger.method else [])]
            for name in names:
                if name in taken:
                    raise CannotDo(problem("E882", what=name, path=taken[name]))
                taken[name] = file


def _refuse_unready(program: Program, world: World, sources: Mapping[str, Source]) -> None:
    """Check every cell that a trigger runs. Raises Refused with all that is missing, each once."""
    found: dict[tuple[str, str], Diagnostic] = {}
    for cell in dict.fromkeys(trigger.cell for trigger in program.triggers.values()):
        try:
            refuse_unready(program, cell, world, sources)
        except Refused as no:
            found |= {(told.code, told.message): told for told in no.diagnostics}
    if found:
        raise Refused([*found.values()], sources)


async def _serve(fabric: Fabric, programs: Sequence[Program], world: World, host: str, port: int) -> int:
    """Serve until the fabric stops. Raises LogFailed or Fenced then, and CannotDo."""
    for program in programs:
        await fabric.obey(Serve(dump(program).decode()))
    triggers = [trigger for program in programs for trigger in program.triggers.values()]
    async with AsyncExitStack() as stack:
        if any(trigger.method for trigger in triggers):
            address = await stack.enter_async_context(_requests(fabric, programs, host, port))
            world.progress.say(f"serving {address}")
        for trigger in triggers:
            world.progress.say(f"  {_line(trigger, fabric.due(trigger.name) if trigger.cron else None)}")
        fabric.resume()
        await fabric.stopped()
    return 0


def _requests(fabric: Fabric, programs: Sequence[Program], host: str, port: int) -> AbstractAsyncContextManager[str]:
    try:
        from cellc.serving import Routes, serving_requests  # noqa: PLC0415 -- an extra, which schedules do not need
    except ModuleNotFoundError as missing:
        near = "install it: pip install 'cellc[serve]'"
        raise CannotDo(problem("E887", name="cellc serve", package=missing.name or "aiohttp", near=near)) from None
    return serving_requests(fabric, Routes.of(programs), host, port)


def _line(trigger: Trigger, due: datetime | None) -> str:
    """Return a trigger as people read it: what starts which cell."""
    when = _taken(trigger) if trigger.method else f"{trigger.cron} {trigger.timezone}"
    next_ = "" if due is None else f", next at {due:%Y-%m-%d %H:%M} UTC"
    return f"{trigger.name}: {when} -> {trigger.cell}{next_}"


def _taken(trigger: Trigger) -> str:
    return f"{trigger.method} {trigger.path}"
