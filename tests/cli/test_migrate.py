"""`cellc migrate`: where the two versions come from, how it is told, and how it ends."""

import json
import subprocess
from pathlib import Path

import pytest

from cellc.comparisons import FORMATS
from cellc.comparisons.markdown import _code, _text
from cellc.language.types import NAMES
from tests.cli.processes import Cellc
from tests.cli.test_formats import github

OLD = """\
cellc: 1
module: shop
version: 1.2.0
types:
  Item: {sku: string, qty: int(1..100)}
cells:
  price:
    in: {items: [Item], kind: enum(card | cash)}
    out: {total: int}
    do: |
      total = sum(i.qty for i in items)
      return {total}
"""
MAJOR = OLD.replace("int(1..100)", "int(1..50)").replace("enum(card | cash)", "enum(card)")
MINOR = OLD.replace("out: {total: int}", "out: {total: int, tax?: int}").replace("1.2.0", "1.3.0")


@pytest.fixture
def pair(folder: Path) -> Path:
    (folder / "old.cell.yaml").write_text(OLD)
    (folder / "new.cell.yaml").write_text(MAJOR)
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """Two revisions of a program and of what it uses, in a folder of a repository."""
    shop = folder / "shop"
    shop.mkdir()
    git(folder, "init", "-q", "-b", "main")
    cell = 'a: {in: {n: int}, out: s.N, do: "return n"}'
    user = f"cellc: 1\nversion: 1.0.0\nuse: {{s: ../shared.cell.yaml}}\ncells:\n  {cell}\n"
    (shop / "a.cell.yaml").write_text(user)
    (folder / "shared.cell.yaml").write_text("cellc: 1\ntypes: {N: int}\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "One")
    git(folder, "tag", "v1")
    (folder / "shared.cell.yaml").write_text("cellc: 1\ntypes: {N: int?}\n")
    (shop / "a.cell.yaml").write_text(user.replace("1.0.0", "2.0.0"))
    git(folder, "commit", "-qam", "Two")
    return folder


def test_what_breaks_is_told_with_both_places_and_a_witness(cellc: Cellc, pair: Path) -> None:
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml")
    assert done.code == 1
    assert 'callers may give "cash", which is refused now' in done.out
    assert "callers may give 51, which is refused now" in done.out
    assert "| old.cell.yaml:5" in done.out
    assert "| new.cell.yaml:5" in done.out
    assert "error[E701]" in done.out
    assert done.out.endswith("2 breaking, 1 kept, 1 compatible: a major change, 2.0.0 or later\n")
    assert done.err == ""
    assert pair.is_dir()


def test_the_right_version_is_fine_and_breaking_can_be_denied(cellc: Cellc, pair: Path) -> None:
    (pair / "new.cell.yaml").write_text(MAJOR.replace("1.2.0", "2.0.0"))
    assert cellc("migrate", "old.cell.yaml", "new.cell.yaml").code == 0
    denied = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--deny", "breaking", "--format", "concise")
    assert denied.code == 1
    assert "error[E704] 2 breaking changes" in denied.out


def test_what_is_compatible_is_not_denied(cellc: Cellc, pair: Path) -> None:
    (pair / "new.cell.yaml").write_text(MINOR)
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--deny", "breaking", "--format", "concise")
    assert (done.code, "compatible[output-optional-field-added]" in done.out) == (0, True)


@pytest.mark.parametrize(
    "text",
    [
        OLD.replace("cells:", "# the work\ncells:  # here"),
        OLD.replace("{sku: string, qty: int(1..100)}", "{qty: int(1..100), sku: string}"),
        OLD.replace("  price:\n", "  price:\n    description: What it costs.\n"),
        OLD.replace("sum(i.qty for i in items)", "sum( i.qty for i in items )"),
    ],
)
def test_what_means_the_same_is_no_change(text: str, cellc: Cellc, pair: Path) -> None:
    (pair / "new.cell.yaml").write_text(text)
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml")
    assert (done.code, done.out) == (0, "shop 1.2.0 -> 1.2.0\n\nno change: both mean the same\n")


def test_json_has_all_of_it(cellc: Cellc, pair: Path) -> None:
    data = json.loads(cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--format", "json").out)
    assert data["verdicts"] == {"callers": "breaking", "readers": None, "handlers": None, "runs": "kept"}
    assert (data["bump"], data["least"]) == ("major", "2.0.0")
    change = next(c for c in data["changes"] if c["place"] == "types.Item.qty")
    assert (change["witness"], change["reached"]) == ("51", ["cells.price.in.items[].qty"])
    assert change["old"]["place"]["path"] == "old.cell.yaml"
    assert change["new"]["place"]["start"] == {"line": 5, "column": 23}
    assert [d["code"] for d in data["diagnostics"]] == ["E701"]
    assert pair.is_dir()


def test_github_has_an_annotation_for_each_change(cellc: Cellc, pair: Path) -> None:
    found = github(cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--format", "github").out)
    assert [(c["is"], c["file"], c["line"]) for c in found] == [
        ("warning", "new.cell.yaml", "8"),
        ("warning", "new.cell.yaml", "5"),
        ("notice", "new.cell.yaml", "11"),
        ("notice", "new.cell.yaml", "11"),
        ("error", "new.cell.yaml", "3"),
    ]
    assert pair.is_dir()


def test_markdown_is_one_table_with_as_many_cells_in_each_row(cellc: Cellc, pair: Path) -> None:
    out = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--format", "markdown").out
    rows = [line.replace("\\|", "") for line in out.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5, 8}
    assert "`enum(card \\| cash)`" in out
    assert pair.is_dir()


@pytest.mark.parametrize(
    ("text", "code"),
    [("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("", ""), ("a\nb", "`a b`")],
)
def test_code_in_markdown(text: str, code: str) -> None:
    assert _code(text) == code


def test_words_in_markdown() -> None:
    assert _text("`a|b` is *not* <b>") == "`a\\|b` is \\*not\\* \\<b>"
    assert _text("one ` alone") == "one \\` alone"


def test_a_revision_with_what_it_uses(cellc: Cellc, repository: Path) -> None:
    done = cellc("migrate", "git:v1:shop/a.cell.yaml", "git:HEAD:./shop/../shop/a.cell.yaml", "--format", "concise")
    assert done.code == 0
    assert "git:HEAD:shared.cell.yaml:2:9: breaking[output-widened] readers: shared/types.N: " in done.out
    assert repository.is_dir()


def test_a_revision_and_the_file_as_it_is_here(cellc: Cellc, repository: Path) -> None:
    assert cellc("migrate", "git:HEAD:shop/a.cell.yaml", "shop/a.cell.yaml").code == 0
    assert repository.is_dir()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("git:v9:shop/a.cell.yaml", "the repository has no revision `v9`"),
        ("git:v1:shop/b.cell.yaml", "there is no file `shop/b.cell.yaml` in the revision `v1`"),
        ("git:v1:../b.cell.yaml", "it is outside of the repository"),
        ("git:v1", "it is not of the form `git:REV:path`"),
        ("git:--help:a", "it is not of the form `git:REV:path`"),
    ],
)
def test_a_revision_that_is_not_there(name: str, reason: str, cellc: Cellc, repository: Path) -> None:
    done = cellc("migrate", name, "shop/a.cell.yaml")
    assert (done.code, done.out) == (2, "")
    assert f"error[E706]: {name} cannot be read: {reason}" in done.err
    assert repository.is_dir()


def test_without_git_there_are_no_revisions(cellc: Cellc, pair: Path) -> None:
    done = cellc("migrate", "git:v1:a.cell.yaml", "new.cell.yaml", env={"PATH": str(pair)})
    assert done.code == 2
    assert "Git is not installed here" in done.err


def test_a_graph_stands_for_its_program(cellc: Cellc, pair: Path) -> None:
    (pair / "old.json").write_text(cellc("graph", "--format", "json", "old.cell.yaml").out)
    (pair / "old.cell.yaml").write_text("cellc: 1\n")  # its text is not that of the graph any more
    done = cellc("migrate", "old.json", "new.cell.yaml")
    assert done.code == 1
    assert "| old.json#old.cell.yaml:5" in done.out
    assert "callers may give 51, which is refused now" in done.out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "missing required field"),
        ("nul", "truncated"),
        ("", "truncated"),
        ('{"format": 99}', "a newer cellc wrote it (format 99, this one knows 1)"),
        ('{"contract": null}', "an earlier cellc wrote it"),
        ('{"main": "shop.other"}', "its hash is another"),
    ],
)
def test_a_graph_that_is_none(content: str, reason: str, cellc: Cellc, pair: Path) -> None:
    whole = json.loads(cellc("graph", "--format", "json", "old.cell.yaml").out)
    partly = content.startswith("{") and content != "{}"
    (pair / "old.json").write_text(json.dumps(whole | json.loads(content)) if partly else content)
    done = cellc("migrate", "old.json", "new.cell.yaml")
    assert done.code == 2
    assert "error[E705]" in done.err
    assert reason in done.err


def test_files_that_are_not_there(cellc: Cellc, pair: Path) -> None:
    for old in ("no.cell.yaml", "no.json"):
        done = cellc("migrate", old, "new.cell.yaml")
        assert (done.code, done.out) == (2, "")
        assert "no such file" in done.err
    assert pair.is_dir()


def test_a_side_that_is_wrong_says_which_and_what(cellc: Cellc, pair: Path) -> None:
    (pair / "old.cell.yaml").write_text(OLD.replace("return {total}", "return {totl}"))
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml")
    assert (done.code, done.out) == (1, "")
    assert "error[E204]" in done.err
    assert "error[E707]: old.cell.yaml is wrong by itself" in done.err


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("width", ["20", "80", "200"])
def test_every_form_has_room_in_any_terminal(name: str, width: str, cellc: Cellc, pair: Path) -> None:
    done = cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--format", name, env={"COLUMNS": width})
    assert done.code == 1
    assert done.out
    assert pair.is_dir()


def test_colour_is_for_people_only(cellc: Cellc, pair: Path) -> None:
    painted = {
        n: cellc("migrate", "old.cell.yaml", "new.cell.yaml", "--format", n, "--color", "always") for n in FORMATS
    }
    assert [name for name, done in painted.items() if "\x1b" in done.out] == ["full"]
    assert pair.is_dir()


def test_every_scalar_type_has_a_place_among_all_values() -> None:
    from cellc.compiler.compat.version_types import _anything
    from cellc.language.subtype import is_subtype

    table = {"$any": _anything()}
    assert all(is_subtype(type_, table["$any"], table) for type_ in NAMES.values())
