"""Files of handlers: checked as bindings of the module are, and kept by the runs that were started with them."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

PROGRAM = """\
cellc: 1
use: {store: ./store.cell.yaml}
events:
  go: {data: json}
effects:
  wait:
    out: json
    via: event.wait
    with: {event: go}
  greet:
    in: {name: string}
    out: string
    delivery: read
cells:
  main:
    in: {name: string}
    out: [string]
    effects: [wait, greet, store.keep]
    errors: [Timeout]
    do: |
      first = greet(name=name)
      store.keep(text=first)
      wait() within 9d
      second = greet(name="Bob")
      return [first, second]
"""

STORE = """\
cellc: 1
effects:
  keep:
    in: {text: string}
    via: file.write
    with: {path: store.txt, text: "${text}"}
cells:
  nothing: {effects: [keep], do: keep(text="")}
"""

HANDLERS = """\
handlers:
  greet: {via: file.read, with: {path: "${env.GREETINGS}/${name}.txt"}}
  store.keep: {via: file.write, with: {path: other.txt, text: "${text}"}}
"""


@pytest.fixture
def program(folder: Path) -> str:
    (folder / "main.cell.yaml").write_text(PROGRAM)
    (folder / "store.cell.yaml").write_text(STORE)
    (folder / "h.handlers.yaml").write_text(HANDLERS)
    for name in ("Ada", "Bob"):
        (folder / f"{name}.txt").write_text(f"Hello, {name}!")
    return "main.cell.yaml"


def test_effects_of_all_modules_are_bound(program: str, cellc: Cellc, folder: Path) -> None:
    done = cellc("run", "--detach", "--handlers", "h.handlers.yaml", program, "name=Ada", env={"GREETINGS": "."})
    assert done.code == 3, done.err
    assert (folder / "other.txt").read_text() == "Hello, Ada!"
    assert not (folder / "store.txt").exists()


def test_a_run_keeps_its_handlers_in_another_process_whatever_has_become_of_the_file(
    program: str, cellc: Cellc, folder: Path
) -> None:
    cellc("run", "--detach", "--handlers", "h.handlers.yaml", program, "name=Ada", env={"GREETINGS": "."})
    (folder / "h.handlers.yaml").unlink()
    cellc("signal", "go", "--data", "1", env={"GREETINGS": "."})
    (run,) = json.loads(cellc("runs", "--format", "json").out)
    assert json.loads(cellc("show", "--format", "json", run["run"]).out)["output"] == ["Hello, Ada!", "Hello, Bob!"]


def test_what_a_binding_needs_is_told_before_the_run_starts(program: str, cellc: Cellc, folder: Path) -> None:
    done = cellc("run", "--handlers", "h.handlers.yaml", program, "name=Ada")
    assert done.code == 1
    assert "`greet` needs the environment variable GREETINGS" in done.err
    assert not (folder / ".cellc").exists()


def test_without_the_file_the_effect_has_no_handler(program: str, cellc: Cellc) -> None:
    done = cellc("run", program, "name=Ada", env={"GREETINGS": "."})
    assert (done.code, "error[E803]" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("handlers", "told"),
    [
        ("handlers:\n  greet: {via: file.read, with: {path: 5}}\n", "h.handlers.yaml:2:40"),
        ("handlers:\n  greet: {via: file.raed}\n", "h.handlers.yaml:2:16"),
        ("handlers:\n  greet: {via: file.read, with: {path: '${nmae}'}}\n", "did you mean `name`?"),
        ("handlers:\n  greet: {with: {path: x}}\n", "an effect needs the key `via`"),
        ("handlers:\n  greet: {via: file.read, delivery: once}\n", "has no key `delivery`"),
        ("handlers:\n  grete: {via: file.read}\n", "error[E860]: this program has no effect `grete`"),
        ("handlers:\n  keep: {via: file.read}\n", "error[E860]: this program has no effect `keep`"),
        ("handlers:\n  greet: {via: http.get}\n  main.greet: {via: http.get}\n", "h.handlers.yaml:3:3"),
        ("greet: {via: file.read}\n", "a file of handlers has no key `greet`"),
        ("", "`handlers:`"),
        ("handlers: [", "error[E101]"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_at_its_place(
    handlers: str, told: str, program: str, cellc: Cellc, folder: Path
) -> None:
    (folder / "h.handlers.yaml").write_text(handlers)
    for command in (("run", program, "name=Ada"), ("check", program), ("graph", program)):
        done = cellc(*command, "--handlers", "h.handlers.yaml", env={"GREETINGS": "."})
        assert done.code == 1, done.err
        assert told in done.out + done.err


def test_a_file_that_is_not_there_could_not_be_used(program: str, cellc: Cellc) -> None:
    done = cellc("run", "--handlers", "none.yaml", program, "name=Ada")
    assert (done.code, "none.yaml" in done.err, "there is no such file" in done.err) == (2, True, True)


def test_a_change_of_the_file_is_seen(program: str, cellc: Cellc, folder: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (folder / "h.handlers.yaml").write_text(HANDLERS.replace("other.txt", name))
        touched = cellc("check", "--effects", "--handlers", "h.handlers.yaml", program).out
        assert name in touched
        assert name not in cellc("check", "--effects", program).out


def test_a_denied_handler_is_refused_before_the_run_starts(program: str, cellc: Cellc) -> None:
    flags = ("--handlers", "h.handlers.yaml", "--deny", "file.read")
    done = cellc("run", *flags, program, "name=Ada", env={"GREETINGS": "."})
    assert (done.code, "`greet` is performed by `file.read`, which is not allowed here" in done.err) == (1, True)
