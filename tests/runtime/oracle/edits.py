"""Random programs and random edits of them, in which each step keeps its identity, whatever it is called.

A step asks an effect with its own number `tag`, and `at`, which says in which rounds and calls of cells it is; so a
world sees of each request which step it is of, in both versions. What a step reads of others is resolved when a program
is written out: a name that is not there any more, or has another type, is read otherwise, so every edit gives a program
that compiles. `Script` has its main cell as a `do`, `Net` as a topology.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

HEAD = """cellc: 1
module: main
errors:
  Bad: {why: string}
effects:
  act: {in: {tag: int, at: int, n: int}, out: int, delivery: idempotent}
  take: {in: {tag: int, at: int, n: int}, out: int, errors: [Bad], delivery: idempotent}
  back: {in: {tag: int, at: int}, delivery: idempotent}
  pay: {in: {tag: int, at: int, n: int}, out: int, delivery: once}
  look: {in: {tag: int, at: int, n: int}, out: int, delivery: read}
  word: {in: {tag: int, at: int, n: int}, out: string, delivery: idempotent}
  ask: {in: {tag: int, at: int, n: int}, out: {n: int}, via: human.task, with: {title: "No. ${n}"}}
cells:
"""
ALLOWED = "    errors: [Bad]\n    effects: [act, take, back, pay, look, word, ask, time.sleep]\n"
READS = frozenset({"look"})
EFFECTS = ("act", "take", "take", "pay", "look", "word", "ask")


@dataclass
class Step:
    """`name = effect(tag, at, n=...)`; `use` is the tag of the step whose result it reads. Without `named`: no name."""

    tag: int
    name: str
    effect: str
    use: int | None = None
    undo: bool = False
    named: bool = True


@dataclass
class Group:
    """`name = par(take(...) for i in range(size))`, each item with its undo."""

    tag: int
    name: str
    size: int
    undo: bool = False


@dataclass
class Called:
    """`name = cell(...)`."""

    tag: int
    name: str
    cell: str


@dataclass
class If:
    """By whether what is read of the step `use` is even."""

    use: int | None
    then: "Block"
    other: "Block"


@dataclass
class For:
    """Over the whole numbers below `rounds`; its variable has the number `tag`."""

    tag: int
    rounds: int
    body: "Block"


@dataclass
class Try:
    """`body`, and `handler` where it ends in Bad."""

    body: "Block"
    handler: "Block"


@dataclass
class Word:
    """A statement of a word or a fixed line: `commit`, or a sleep."""

    text: str


Statement: TypeAlias = Step | Group | Called | If | For | Try | Word
Block: TypeAlias = list[Statement]


@dataclass
class Script:
    """A program: a script `main`, and cells that it calls. `next` is the tag that no step has had yet."""

    main: Block
    cells: dict[str, Block] = field(default_factory=dict)
    next: int = 1

    def new(self) -> int:
        """Return a tag."""
        self.next += 1
        return self.next - 1

    def blocks(self) -> list[Block]:
        """Return all blocks, the outermost first."""
        found = [self.main, *self.cells.values()]
        for block in found:  # grows while it is walked
            found += [inside for statement in block for inside in _inside(statement)]
        return found

    @property
    def always(self) -> list[tuple[str, int]]:
        """The effects and tags of the steps that every run which completes performs."""
        return [(s.effect, s.tag) for s in self.main if isinstance(s, Step)]

    @property
    def undone(self) -> set[int]:
        """The tags of the steps that can be undone."""
        return {s.tag for block in self.blocks() for s in block if isinstance(s, Step | Group) and s.undo}

    def names(self) -> dict[int, str]:
        """Return the names of the steps of `main`, by their tags."""
        return {s.tag: s.name for block in _of(self.main) for s in block if isinstance(s, Step) and s.named}

    @property
    def commits(self) -> bool:
        """Whether there is a `commit`, after which what is done stays."""
        return any(isinstance(s, Word) and s.text == "commit" for block in self.blocks() for s in block)

    def text(self) -> str:
        """Return the module."""
        cells = "".join(_cell(name, block) for name, block in self.cells.items())
        return HEAD + _cell("main", self.main) + cells + "main: main\n"


@dataclass
class Node(Step):
    """A node of a topology: begins after the tags `after`; `when`: only where what that step gave is even."""

    after: list[int] = field(default_factory=list)
    when: int | None = None


@dataclass
class Net:
    """A program that is a topology. A node reads, and waits for, only nodes that stand before it in `nodes`."""

    nodes: list[Node] = field(default_factory=list)
    next: int = 1
    commits = False

    def new(self) -> int:
        """Return a tag."""
        self.next += 1
        return self.next - 1

    @property
    def always(self) -> list[tuple[str, int]]:
        """The effects and tags of the nodes that every run which completes performs."""
        return [(node.effect, node.tag) for node in self.nodes if node.when is None]

    def names(self) -> dict[int, str]:
        """Return the names of the nodes, by their tags."""
        return {node.tag: node.name for node in self.nodes}

    @property
    def undone(self) -> set[int]:
        """The tags of the nodes that can be undone."""
        return {node.tag for node in self.nodes if node.undo}

    def text(self) -> str:
        """Return the module."""
        names, known, lines = _Names({}), dict[int, str](), list[str]()
        for node in self.nodes:
            call = f"{node.effect}(tag={node.tag}, at=at, n={names.read(node.use)}){_undo(node.tag, 'at', node.undo)}"
            after = [known[tag] for tag in node.after if tag in known]
            line = f"      {node.name}: {call}{' after ' if after else ''}{', '.join(after)}"
            lines.append(line if node.when is None else f"{line} when {names.read(node.when)} % 2 == 0")
            known[node.tag] = node.name
            if node.when is None:
                names.known[node.tag] = node.name, node.effect
        total = " + ".join(["0", *map(names.read, names.known)])
        return f"{HEAD}  main:\n    in: {{at: int}}\n    out: int\n{ALLOWED}    topology:\n" + "".join(
            f"{line}\n" for line in [*lines, f"      return: {total}"]
        )


Source: TypeAlias = Script | Net


def _inside(statement: Statement) -> list[Block]:
    match statement:
        case If(then=one, other=two) | Try(body=one, handler=two):
            return [one, two]
        case For(body=body):
            return [body]
        case _:
            return []


# --- programs ---------------------------------------------------------------------------------------------------------


def script(random: Random) -> Script:
    """Return a random program whose main cell is a `do`."""
    made = Script([])
    for name in ["sub", "deep"][: random.choice([0, 0, 1, 1, 2])]:
        made.cells[name] = _block(made, random, 2, [])
    made.main = _block(made, random, 3, [*made.cells])
    return made


def net(random: Random) -> Net:
    """Return a random topology."""
    made = Net()
    for _ in range(random.randint(2, 6)):
        _add_node(made, random)
    return made


def _add_node(made: Net, random: Random) -> None:
    at, after = random.randint(0, len(made.nodes)), [random.randint(1, made.next) for _ in range(random.randint(0, 2))]
    when = _use(made, random) if random.random() < 0.2 else None
    step = _step(made, random)
    made.nodes.insert(at, Node(step.tag, step.name, step.effect, step.use, step.undo, True, after, when))


def _block(made: Script, random: Random, depth: int, cells: list[str]) -> Block:
    return [_statement(made, random, depth, cells) for _ in range(random.randint(1, 2 + depth))]


def _statement(made: Script, random: Random, depth: int, cells: list[str]) -> Statement:
    kind = random.random()
    if kind < 0.6 or depth == 0:
        return _step(made, random)
    if kind < 0.67:
        tag = made.new()
        return Group(tag, f"s{tag}", random.randint(1, 3), undo=random.random() < 0.5)
    if kind < 0.72:
        return Word(random.choice(["commit", "time.sleep(for=1h)"]))
    if kind < 0.8 and cells:
        tag = made.new()
        return Called(tag, f"s{tag}", random.choice(cells))
    return _around(made, random, lambda: _block(made, random, depth - 1, cells))


def _around(made: Script, random: Random, block: Callable[[], Block]) -> Statement:
    kind = random.choice("ift")
    if kind == "i":
        return If(_use(made, random), block(), block() if random.random() < 0.5 else [])
    if kind == "f":
        return For(made.new(), random.randint(1, 3), block())
    return Try(block(), block() if random.random() < 0.5 else [])


def _use(made: Source, random: Random) -> int | None:
    return random.randint(1, made.next) if random.random() < 0.8 else None


def _step(made: Source, random: Random) -> Step:
    use, tag = _use(made, random), made.new()
    effect = random.choice(EFFECTS)
    undo = effect in {"act", "take"} and random.random() < 0.5
    return Step(tag, f"s{tag}", effect, use, undo, named=random.random() < 0.85)


# --- writing out ------------------------------------------------------------------------------------------------------


@dataclass
class _Names:
    """What can be read: the name and effect of each step that is done for certain, by its tag; and the loops."""

    known: dict[int, tuple[str, str]]
    at: str = "at"

    def inner(self, at: str | None = None) -> "_Names":
        return _Names(dict(self.known), at or self.at)

    def read(self, use: int | None) -> str:
        """Return an int: what a step gave, or a number where it is not known here."""
        if use not in self.known:
            return str(use or 0)
        name, effect = self.known[use]
        return {"word": f"len({name})", "ask": f"{name}.n", "par": f"sum({name})"}.get(effect, name)


def _cell(name: str, block: Block) -> str:
    names = _Names({})
    lines = [*_lines(block, names, 6)]
    total = " + ".join(["0", *(names.read(tag) for tag in names.known)])
    head = f"  {name}:\n    in: {{at: int}}\n    out: int\n{ALLOWED}    do: |\n"
    return head + "".join(f"{line}\n" for line in [*lines, f"      return {total}"])


def _lines(block: Block, names: _Names, indent: int) -> Iterator[str]:
    pad = " " * indent
    for statement in block:
        match statement:
            case Step(tag=tag, effect=effect, use=use, undo=undo, named=named):
                call = f"{effect}(tag={tag}, at={names.at}, n={names.read(use)}){_undo(tag, names.at, undo)}"
                yield f"{pad}{statement.name} = {call}" if named else pad + call
                if named:
                    names.known[tag] = statement.name, effect
            case Group(tag=tag, size=size, undo=undo):
                at = f"({names.at}) * 10 + i"
                call = f"take(tag={tag}, at={at}, n=i){_undo(tag, at, undo)}"
                yield f"{pad}{statement.name} = par({call} for i in range({size}))"
                names.known[tag] = statement.name, "par"
            case Called(tag=tag, cell=cell):
                yield f"{pad}{statement.name} = {cell}(at=({names.at}) * 100 + {tag})"
                names.known[tag] = statement.name, "cell"
            case If(use=use, then=then, other=other):
                yield f"{pad}if {names.read(use)} % 2 == 0:"
                yield from _body(then, names.inner(), indent)
                if other:
                    yield f"{pad}else:"
                    yield from _body(other, names.inner(), indent)
            case For(tag=tag, rounds=rounds, body=body):
                variable = f"r{tag}"
                yield f"{pad}for {variable} in range({rounds}):"
                yield from _body(body, names.inner(f"({names.at}) * 10 + {variable}"), indent)
            case Try(body=body) if not _raises(body):
                yield from _lines(body, names, indent)
            case Try(body=body, handler=handler):
                yield f"{pad}try:"
                yield from _body(body, names.inner(), indent)
                yield f"{pad}except Bad:"
                yield from _body(handler, names.inner(), indent)
            case Word(text=text):
                yield pad + text


def _body(block: Block, names: _Names, indent: int) -> Iterator[str]:
    yield from [*_lines(block, names, indent + 2)] or [" " * (indent + 2) + "pass"]


def _raises(block: Block) -> bool:
    """Return whether Bad may come out of a block."""
    return any(
        isinstance(s, Group | Called)
        or (isinstance(s, Step) and s.effect == "take")
        or (isinstance(s, Try) and _raises(s.body) and _raises(s.handler))
        or (not isinstance(s, Try) and any(map(_raises, _inside(s))))
        for s in block
    )


def _undo(tag: int, at: str, undo: bool) -> str:
    return f" undo back(tag={tag}, at={at})" if undo else ""


# --- edits ------------------------------------------------------------------------------------------------------------


def edited(old: Source, random: Random) -> Source:
    """Return a copy of a program with one to three random edits."""
    new = copy.deepcopy(old)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        if isinstance(new, Net):
            _edit_net(new, random)
        else:
            _edit(new, random)
    return new


def _edit_net(new: Net, random: Random) -> None:
    node = random.choice(new.nodes)
    match random.choice(["insert", "insert", "remove", "swap", "rename", "after", "when", "undo", "effect", "use"]):
        case "insert":
            _add_node(new, random)
        case "remove" if len(new.nodes) > 1:
            new.nodes.remove(node)
        case "swap":
            new.nodes.remove(node)
            new.nodes.insert(random.randint(0, len(new.nodes)), node)
        case "after":
            node.after = [] if node.after else [random.randint(1, new.next)]
        case "when":
            node.when = _use(new, random) if node.when is None else None
        case kind:
            _edit_step(new, node, kind, random)


def _edit_step(new: Source, step: Step, kind: str, random: Random) -> None:
    match kind:
        case "rename":
            step.name += "x"
        case "undo":
            step.undo = not step.undo and step.effect in {"act", "take"}
        case "effect":
            step.effect = random.choice(EFFECTS)
            step.undo = step.undo and step.effect in {"act", "take"}
        case "use":
            step.use = _use(new, random)


def _edit(new: Source, random: Random) -> None:
    block = random.choice(new.blocks())
    steps = [s for each in new.blocks() for s in each if isinstance(s, Step)]
    match random.choice(
        ["insert", "insert", "insert", "remove", "swap", "rename", "undo", "effect", "use", "wrap", "move", "rounds"]
    ):
        case "insert":
            made = (
                Word(random.choice(["commit", "time.sleep(for=1h)"])) if random.random() < 0.15 else _step(new, random)
            )
            block.insert(random.randint(0, len(block)), made)
        case "remove" if len(block) > 1:
            block.pop(random.randrange(len(block)))
        case "swap" if len(block) > 1:
            at = random.randrange(len(block) - 1)
            block[at], block[at + 1] = block[at + 1], block[at]
        case "move" if block:
            statement = block.pop(random.randrange(len(block)))
            into = random.choice([each for each in new.blocks() if each is not block] or [block])
            if not any(into is each for each in _of(new.main)):
                into = new.main  # where every statement may stand
            into.insert(random.randint(0, len(into)), statement)
        case "wrap" if block:
            at = random.randrange(len(block))
            inside = [block[at]]
            block[at] = _around(new, random, lambda: [inside.pop()] if inside else [])
        case "rounds":
            loops = [s for each in new.blocks() for s in each if isinstance(s, For)]
            if loops:
                random.choice(loops).rounds = random.randint(1, 3)
        case kind if steps:
            _edit_step(new, random.choice(steps), kind, random)


def _of(block: Block) -> list[Block]:
    """Return a block and all in it, by identity."""
    found = [block]
    for each in found:  # grows while it is walked
        found += [inside for statement in each for inside in _inside(statement)]
    return found
