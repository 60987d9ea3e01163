"""`until` around a topology's call: the block in which it is called in rounds.

A `while` around the call, which `max` bounds; a `choose` for the condition; a call of `time.sleep` between two rounds
for `every`. In it, `it` is the last result, before the first round what `from` says.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cellc.compiler.blocks import Block, unreported
from cellc.compiler.calls import RESULT, Asked, Request
from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected
from cellc.compiler.places import Exit
from cellc.compiler.scope import Local, Scope
from cellc.language import ast
from cellc.language.graph import Bind, Call, Ir, While
from cellc.language.subtype import widen
from cellc.language.types import BROKEN, DURATION, Int, Type

SLEEP = "time.sleep"

EXHAUSTED = "Exhausted"
"""What ends a loop that its condition has not ended in `max` rounds."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What is around the call; `result` says what the call gives, without a report."""

    node: ast.Node
    policies: ast.Policies
    until: ast.Expr
    expressions: Expressions
    result: Callable[[Scope], Type]

    def lower(self, block: Block, call: Callable[[Scope], Request | None]) -> Request | None:
        """Build the block; return the call of it, None where it is not known who is called."""
        self._first(block)
        counter, goes_on = self._counter(block)
        head, _ = block.places.name("while", kind=True)
        block.add(While(id=head, test=goes_on or ["lit", True]), self.until.span)
        block.places.open = [Exit(head, "item")]
        block.places.scope.append(head)
        request = call(block.scope)
        output = self._round(block, request)
        if counter:
            self._count(block, ["+", ["var", counter], ["lit", 1]], counter)
        self._pause(block, goes_on)
        block.places.connect(head)
        block.places.scope.pop()
        if self.policies.max is not None:
            block.places.open = [Exit(head, "else")]
            block.throw(EXHAUSTED, {}, self.policies.max.span)
        return block.finish(output) if request is not None else None

    def _first(self, block: Block) -> None:
        """Bind `it` to what `from` says."""
        initial = self.policies.initial
        if initial is None:
            return
        guess = widen(unreported(self.expressions).infer(initial, block.scope).type)
        type_ = self.result({**block.scope, RESULT: Local(guess, RESULT)})
        what = f"`from`, as a result of `{self.node.name.text}`,"
        value = self.expressions.check(initial, block.scope, Expected(type_, what))
        name, _ = block.places.name("from", kind=True)
        block.add(Bind(id=name, target=RESULT, value=value.ir), initial.span)
        block.scope[RESULT] = Local(type_, RESULT)

    def _counter(self, block: Block) -> tuple[str, Ir | None]:
        """Return what counts the rounds, and the test whether there is another one; nothing without `max`."""
        if self.policies.max is None:
            return "", None
        most = self.expressions.check(self.policies.max, block.inputs, Expected(Int(1), "`max`"))
        counter = block.places.fresh("round")
        self._count(block, ["lit", 0], counter)
        return counter, ["cmp", [["var", counter], "<", most.ir]]

    def _count(self, block: Block, value: Ir, counter: str) -> None:
        name, _ = block.places.name("round", kind=True)
        block.add(Bind(id=name, target=counter, value=value), self.until.span)
        block.scope[counter] = Local(Int(0), counter)

    def _round(self, block: Block, request: Request | None) -> Type:
        """Call, and end where the condition holds; return the type of what is given there."""
        if request is None:
            block.scope[RESULT] = Local(BROKEN, RESULT)
        else:
            place = block.call(request, self.node.name.text, RESULT)
            for error, span in request.errors.items():
                block.escape(error, span, place)
        test = self.expressions.test(self.until, block.scope, "`until`")
        done, goes_on = block.choose(test, self.until.span)
        block.places.open = [done]
        block.give(["var", RESULT], self.until.span)
        block.places.open = [goes_on]
        return self.expressions.after(self.until, True, block.scope)[RESULT].type

    def _pause(self, block: Block, goes_on: Ir | None) -> None:
        """Wait before the next round, if there is one."""
        every = self.policies.every
        if every is None:
            return
        between = self.expressions.after(self.until, False, block.scope)
        time = self.expressions.check(every, between, Expected(DURATION, "`every`"))
        last: list[Exit] = []
        if goes_on is not None:
            another, end = block.choose(goes_on, every.span)
            block.places.open, last = [another], [end]
        name, _ = block.places.name("sleep", kind=True)
        block.add(Call(id=name, target=None, callee=SLEEP, cell=False, args={"for": time.ir}), every.span)
        block.ask(name, (Asked(self.expressions.names.world.effects[SLEEP], every.span),))
        block.places.open += last
