"""`cellc check` on real files: what is printed, and the exit code."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

WRONG = """\
cellc: 1
cells:
  hello:
    in: {name: string}
    out: {greeting: string}
    do: |
      text = "Hello, " + nam
      return {greeting: text}
"""

UNUSED = """\
cellc: 1
cells:
  hello:
    in: {name: string}
    out: string
    do: |
      text = "Hello"
      return name
"""


def test_a_right_program_is_0(cellc: Cellc) -> None:
    done = cellc("check", "hello.cell.yaml")
    assert (done.code, done.out, done.err) == (0, "1 file checked: all is well\n", "")


def test_a_wrong_program_is_1_with_the_caret_inside_the_script(cellc: Cellc, folder: Path) -> None:
    (folder / "wrong.cell.yaml").write_text(WRONG)
    done = cellc("check", "wrong.cell.yaml")
    assert done.code == 1
    assert done.out == (
        "error[E204]: nothing here is called `nam`\n"
        " --> wrong.cell.yaml:7:26\n"
        "  |\n"
        '7 |       text = "Hello, " + nam\n'
        "  |                          ^^^\n"
        "  |\n"
        "help: did you mean `name`?\n"
        "\n"
        "1 error in 1 file; `cellc explain CODE` says more\n"
    )


def test_concise_is_one_line_each(cellc: Cellc, folder: Path) -> None:
    (folder / "wrong.cell.yaml").write_text(WRONG)
    done = cellc("check", "--format", "concise", ".")
    assert (done.code, done.out) == (1, "wrong.cell.yaml:7:26: error[E204] nothing here is called `nam`\n")


def test_json_has_places_from_1_and_an_exclusive_end(cellc: Cellc, folder: Path) -> None:
    (folder / "wrong.cell.yaml").write_text(WRONG)
    done = cellc("check", "--format=json", "wrong.cell.yaml")
    (found,) = json.loads(done.out)["diagnostics"]
    assert found["code"] == "E204"
    assert found["place"] == {
        "path": "wrong.cell.yaml",
        "start": {"line": 7, "column": 26},
        "end": {"line": 7, "column": 29},
    }


def test_warnings_fail_only_under_strict(cellc: Cellc, folder: Path) -> None:
    (folder / "unused.cell.yaml").write_text(UNUSED)
    assert cellc("check", "unused.cell.yaml").code == 0
    done = cellc("check", "--strict", "unused.cell.yaml")
    assert done.code == 1
    assert done.out.startswith("error[W221]: `text` is never read\n")
    assert done.out.endswith("1 error in 1 file; `cellc explain CODE` says more\n")


RANGED = """\
cellc: 1
cells:
  work:
    in: {x: int}
    out: int(1..9)
    do: |
      return x
"""


def test_a_check_left_to_the_run_is_silent_noted_or_an_error_from_the_cache_too(cellc: Cellc, folder: Path) -> None:
    (folder / "ranged.cell.yaml").write_text(RANGED)
    for _ in ("fresh", "from the cache"):
        plain = cellc("check", "ranged.cell.yaml")
        assert (plain.code, plain.out) == (0, "1 file checked: all is well\n")
        verbose = cellc("check", "--verbose", "--format=concise", "ranged.cell.yaml")
        assert (verbose.code, verbose.out.partition(" the")[0]) == (0, "ranged.cell.yaml:7:14: note[N390]")
        strict = cellc("check", "--strict", "--format=concise", "ranged.cell.yaml")
        assert (strict.code, strict.out.partition(" the")[0]) == (1, "ranged.cell.yaml:7:14: error[N390]")
    assert cellc("run", "ranged.cell.yaml", "x=3").out == "3\n"


def test_a_dash_is_stdin_with_imports_from_here(cellc: Cellc) -> None:
    user = "cellc: 1\nuse: {h: ./hello.cell.yaml}\ncells:\n  work:\n    do: h.hello(name=%s)\n"
    assert cellc("check", "-", stdin=user % "'a'").out == "1 file checked: all is well\n"
    done = cellc("check", "--format=concise", "-", stdin=user % "3")
    assert (done.code, done.out.partition(" ")[0]) == (1, "<stdin>:5:22:")


def test_a_folder_is_searched_and_a_shared_module_told_once(cellc: Cellc, folder: Path) -> None:
    (folder / "shop").mkdir()
    (folder / "shop" / "wrong.cell.yaml").write_text(WRONG)
    user = "cellc: 1\nuse: {w: ./wrong.cell.yaml}\ncells:\n  work:\n    do: w.hello(name='a')\n"
    (folder / "shop" / "user.cell.yaml").write_text(user)
    done = cellc("check", ".")
    assert done.code == 1
    assert done.out.count("error[E204]") == 1


def test_the_cache_sees_a_change_in_an_imported_module(cellc: Cellc, folder: Path) -> None:
    (folder / "user.cell.yaml").write_text(
        "cellc: 1\nuse: {h: ./hello.cell.yaml}\ncells:\n  work:\n    do: h.hello(name='a')\n"
    )
    assert cellc("check", "user.cell.yaml").code == 0
    hello = folder / "hello.cell.yaml"
    hello.write_text(hello.read_text().replace("name:", "nick:").replace("{name}", "{nick}"))
    assert cellc("check", "user.cell.yaml").code == 1


@pytest.mark.parametrize("spoil", [b"", b"{}", b"\xff\xfe", b'{"build": 1}'])
def test_a_spoilt_cache_is_as_if_it_were_not_there(
    cellc: Cellc, environment: dict[str, str], folder: Path, spoil: bytes
) -> None:
    (folder / "wrong.cell.yaml").write_text(WRONG)
    first = cellc("check", "wrong.cell.yaml")
    for file in Path(environment["CELLC_CACHE"]).iterdir():
        file.write_bytes(spoil)
    assert cellc("check", "wrong.cell.yaml") == first


def test_a_cache_that_others_can_write_is_not_used(cellc: Cellc, environment: dict[str, str]) -> None:
    shared = Path(environment["CELLC_CACHE"])
    shared.mkdir()
    shared.chmod(0o777)
    assert cellc("check", "hello.cell.yaml").code == 0
    assert list(shared.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_2(cellc: Cellc, folder: Path) -> None:
    (folder / "hello.cell.yaml").chmod(0)
    done = cellc("check", "hello.cell.yaml")
    assert done.code == 2
    assert "permission denied" in done.out


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD = {
    "missing": (None, 2, "there is no such file"),
    "latin-1": (b"cellc: 1\n# \xe9\n", 2, "it is not UTF-8 text (byte 11)"),
    "10 MB": (b"cellc: 1\n#" + b"x" * 10_000_000, 2, "it has 9.5 MiB"),
    "3 MB": (b"cellc: 1\n#" + b"x" * 3_000_000, 1, "error[E104]"),
    "broken YAML": (b"cellc: 1\ncells: {a: [}\n", 1, "error[E101]"),
    "alias bomb": (BOMB.encode(), 1, "error[E103]"),
    "empty": (b"", 1, "error[E107]"),
    "binary": (bytes(range(32)), 1, "error[E101]"),
    "deep": (b"cellc: 1\ntypes: " + b"[" * 5000, 1, "error[E117]"),
    "a list": (b"- 1\n", 1, "error[E107]"),
    "one long line": (b'cellc: 1\nmodule: "' + b"x" * 1_500_000 + b' y"\n', 1, "error[E107]"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_program_is_told_in_words_and_soon(cellc: Cellc, folder: Path, kind: str) -> None:
    content, code, words = BAD[kind]
    if content is not None:
        (folder / "bad.cell.yaml").write_bytes(content)
    done = cellc("check", "bad.cell.yaml")
    assert (done.code, done.err) == (code, "")
    assert words in done.out
    assert max(map(len, done.out.splitlines())) < 400


def test_a_folder_without_programs_is_2(cellc: Cellc, folder: Path) -> None:
    (folder / "empty").mkdir()
    done = cellc("check", "empty")
    assert (done.code, done.err) == (2, "")
    assert done.out.startswith("error[E820]: there is no `.cell.yaml` file in empty\n")


def test_a_pipe_is_not_waited_for(cellc: Cellc, folder: Path) -> None:
    os.mkfifo(folder / "pipe.cell.yaml")
    done = cellc("check", "pipe.cell.yaml")
    assert done.code == 2
    assert "it is not a regular file" in done.out


def test_colour_only_where_it_is_asked_for(cellc: Cellc) -> None:
    assert "\x1b[" not in cellc("check", "hello.cell.yaml").out
    assert "\x1b[" in cellc("check", "--color=always", "hello.cell.yaml").out
    assert "\x1b[" in cellc("check", "hello.cell.yaml", env={"FORCE_COLOR": "1"}).out


def test_a_standard_module_is_told_by_its_name(cellc: Cellc, folder: Path) -> None:
    (folder / "late.cell.yaml").write_text(
        "cellc: 1\ncells:\n  nap:\n    effects: [time.sleep]\n    do: |\n      time.sleep(for=true)\n"
    )
    done = cellc("check", "late.cell.yaml")
    assert "::: time (standard module):" in done.err + done.out
    assert "stdlib_effects" not in done.err + done.out


def test_a_module_without_a_version_is_told_as_one(cellc: Cellc, folder: Path) -> None:
    (folder / "stock.cell.yaml").write_text("cellc: 1\ncells: {count: {do: pass}}\n")
    (folder / "shop.cell.yaml").write_text(
        "cellc: 1\nuse: {stock: {path: ./stock.cell.yaml, version: ^1.2}}\ncells: {work: {do: stock.count()}}\n"
    )
    told = cellc("check", "shop.cell.yaml")
    assert "`stock` has no `version:` and counts as 0.0.0, which is not in `^1.2`" in told.out + told.err
