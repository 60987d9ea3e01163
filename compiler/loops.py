"""`for` and `while`, and how `break` and `continue` leave a round.

What is known at a loop's head holds before every round: a variable that the body assigns has its own type there.
"""

from collections.abc import Sequence

from cellc.compiler.control import Control, OpenLoop
from cellc.compiler.irs import variables
from cellc.compiler.places import Exit
from cellc.compiler.scope import Local, Scope, joined
from cellc.compiler.variables import assigned
from cellc.language import ast
from cellc.language.graph import Loop, While


def for_loop(control: Control, statement: ast.ForLoop, scope: Scope) -> Scope | None:
    """Lower `for`."""
    items, types = control.expressions.items(statement.items, statement.targets, scope)
    for target in statement.targets:
        if target.text in scope:
            labels = control.variables.labels(target.text, "here")
            control.names.report.add("E206", target.span, labels=labels, name=target.text)
    names = [t.text for t in statement.targets]
    head = control.variables.at_loop_head(statement.body, scope)
    place, _ = control.places.name("loop", kind=True)
    control.add(Loop(id=place, targets=names, items=items.ir), statement.items.span, head)
    loop = OpenLoop(place)
    inside = {**head, **{n: Local(t, n) for n, t in zip(names, types, strict=True)}}
    end = _rounds(control, loop, statement.body, inside)
    control.places.open = [Exit(place, "else"), *loop.breaks]
    after = joined([head, end, *loop.continued, *loop.broken], control.types) or head
    return {n: x for n, x in control.variables.lasting(after, scope).items() if n not in names or n in scope}


def while_loop(control: Control, statement: ast.While, scope: Scope) -> Scope | None:
    """Lower `while`; where its test is the word `true`, nothing but `break` leads on."""
    head = control.variables.at_loop_head(statement.body, scope)
    endless = isinstance(statement.test, ast.Constant) and statement.test.value is True
    expressions, before = control.expressions, control.names.report.count
    test = (expressions.condition if endless else expressions.test)(statement.test, head)
    clear = control.names.report.count == before and expressions.decided(statement.test, head) is not False
    place, _ = control.places.name("while", kind=True)
    control.add(While(id=place, test=test), statement.test.span, head)
    loop = OpenLoop(place)
    end = _rounds(control, loop, statement.body, control.expressions.after(statement.test, True, head))
    if clear and not loop.moves and not variables(test) & assigned(statement.body):
        control.names.report.add("E522", statement.test.span)
    ends, ways = [*loop.broken], [*loop.breaks]
    if not endless:
        rest = joined([head, end, *loop.continued], control.types) or head
        ends.append(control.expressions.after(statement.test, False, rest))
        ways.append(Exit(place, "else"))
    control.places.open = ways
    after = joined(ends, control.types)
    return None if after is None else control.variables.lasting(after, scope)


def _rounds(control: Control, loop: OpenLoop, body: Sequence[ast.Statement], scope: Scope) -> Scope | None:
    """Walk a loop's body, which leads back to the loop's place; return the scope at its end."""
    control.places.open = [Exit(loop.place, "item")]
    control.places.scope.append(loop.place)
    control.loops.append(loop)
    end = control.block(body, scope)
    control.loops.pop()
    control.places.scope.pop()
    control.places.connect(loop.place)
    return end


def leave_loop(control: Control, statement: ast.Break | ast.Continue, scope: Scope) -> Scope | None:
    """Lower `break` and `continue`; outside a loop the one is reported and ignored."""
    if not control.loops:
        word = "break" if isinstance(statement, ast.Break) else "continue"
        control.names.report.add("E520", statement.span, word=word)
        return scope
    loop = control.loops[-1]
    if isinstance(statement, ast.Break):
        loop.moves = True
        loop.breaks += control.leave()
        loop.broken.append(scope)
    else:
        loop.continued.append(scope)
        control.places.connect(loop.place)
    return None
