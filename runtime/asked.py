"""The commands that a fabric is to obey, its own and those of its inbox, and who waits for the verdicts."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence

from cellc.runtime.commands import Command, Verdict
from cellc.runtime.inbox import Inbox
from cellc.runtime.ports import Log
from cellc.runtime.turn import Turn

AT_ONCE = 256
"""Commands that one turn obeys at most."""


class Asked:
    """Commands in the order in which they came. A verdict is told only when it is durable: `tell`."""

    def __init__(self, log: Log, inbox: Inbox | None) -> None:
        self._log = log
        self._inbox = inbox
        self._commands: deque[tuple[Command, str, asyncio.Future[Verdict] | None]] = deque()
        self._senders: dict[str, asyncio.Future[Verdict]] = {}
        self._answers: list[tuple[asyncio.Future[Verdict], Verdict]] = []

    def __bool__(self) -> bool:
        return bool(self._commands)

    def add(self, command: Command) -> asyncio.Future[Verdict]:
        """Take a command of this process; return a future that gets its verdict."""
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._commands.append((command, "", answer))
        return answer

    def sender(self, inbox_id: str) -> asyncio.Future[Verdict]:
        """Return a future that gets the verdict on a command of the inbox."""
        return self._senders.setdefault(inbox_id, asyncio.get_running_loop().create_future())

    def take(self) -> Iterator[tuple[Command, str, asyncio.Future[Verdict] | None]]:
        """Yield the commands of one turn, each with its id in the inbox or the future of who waits for it."""
        if self._inbox is not None:
            self._commands += ((command, id_, None) for id_, command in self._inbox.unread(self._log))
        for _ in range(min(AT_ONCE, len(self._commands))):
            yield self._commands.popleft()

    def decide(self, turn: Turn, inbox_id: str, answer: asyncio.Future[Verdict] | None, verdict: Verdict) -> None:
        """Note what becomes of a command."""
        if inbox_id:
            turn.verdicts[inbox_id] = verdict
        if answer is not None:
            self._answers.append((answer, verdict))

    def tell(self, turn: Turn) -> None:
        """Tell the verdicts of a turn that has been committed."""
        self._answers += ((self._senders.pop(id_), told) for id_, told in turn.verdicts.items() if id_ in self._senders)
        for answer, verdict in self._answers:
            if not answer.done():
                answer.set_result(verdict)
        self._answers.clear()

    def take_all(self) -> Sequence[asyncio.Future[Verdict]]:
        """Return all who wait, and forget every command."""
        waiting = [answer for _, _, answer in self._commands if answer is not None]
        waiting += [*self._senders.values(), *(answer for answer, _ in self._answers)]
        self._commands.clear()
        return waiting
