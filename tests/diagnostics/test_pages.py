"""Every code has a page; what a page shows is what cellc prints, and its right program is right.

A page's `yaml` fences are files (`example.cell.yaml` unless a name follows the word), kept from section to section. A
`text` fence after them is the rendered output; a `console` fence is run by a real shell. `make golden` writes both.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cellc.language.codes import CODES, Severity
from cellc.project import check, normalised
from cellc.render import render
from cellc.terminal import painter

PAGES = Path(__file__).parents[2] / "docs" / "diagnostics"

UNSEEN = {
    "E814": "two processes at once",
    "E816": "a disk that does not obey",
    "W842": "a full disk",
    "N845": "a full disk",
    "E847": "ten thousand commands",
    "E848": "ten thousand runs at once",
    "W846": "a clock that is set",
    "E817": "a log of a newer cellc",
    "E834": "a thousand events",
    "E837": "a process that is killed",
    "E921": "a bug in cellc",
    "W883": "a time of day",
    "E884": "a server",
    "E885": "a server",
    "E886": "a server",
    "E887": "a package that is not installed",
    "E821": "a folder that its owner cannot write",
}
"""Pages whose example cannot be made in a few lines of shell: it is written by hand. Other tests see these codes."""

FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Section:
    """One section of a page: its `files`, and the programs and transcripts in it."""

    title: str
    text: str

    @property
    def fences(self) -> list[re.Match[str]]:
        return list(FENCE.finditer(self.text))

    def files(self) -> Iterator[tuple[str, str]]:
        for fence in self.fences:
            if fence["kind"] == "yaml":
                yield fence["name"] or "example.cell.yaml", fence["body"]


def sections(page: str) -> list[Section]:
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return [Section(title, text) for title, text in zip(parts[1::2], parts[2::2], strict=True)]


def shell(command: str, folder: Path) -> str:
    """Run one command of a transcript; ids of runs are numbered, so that a page can be compared."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CELLC_CACHE": str(folder.parent / "cache"),
            "LANG": "C.UTF-8",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seen: dict[str, str] = {}
    return ID.sub(lambda found: seen.setdefault(found[0], f"0199c2b1-7a4e-7c3d-9f00-{len(seen) + 1:012}"), done.stdout)


def transcript(body: str, folder: Path) -> str:
    commands = [line for line in body.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{_output(command, folder)}" for command in commands)


def _output(command: str, folder: Path) -> str:
    output = shell(command.removeprefix("$ "), folder)
    return output.strip("\n") + "\n" if output.strip() else ""


def rendered(code: str) -> tuple[list[str], str]:
    """What is found in the example; its notes where the page is about one."""
    checked = check(normalised("example.cell.yaml"))
    found = [*checked.diagnostics, *(checked.notes if CODES[code].severity is Severity.NOTE else ())]
    blocks = [render(d, checked.sources, painter(color=False)) for d in found]
    return [d.code for d in found], "\n\n".join(blocks) + "\n"


Regenerate = Callable[[re.Match[str]], str]


def regenerated(section: Section, code: str, folder: Path) -> str:
    """The section with its outputs as they are now."""
    is_program = any(name == "example.cell.yaml" for name, _ in section.files())

    def output(fence: re.Match[str]) -> str:
        if fence["kind"] == "console":
            return f"```console\n{transcript(fence['body'], folder)}```"
        if fence["kind"] == "text" and is_program:
            return f"```text\n{rendered(code)[1]}```"
        return fence[0]

    return FENCE.sub(output, section.text)


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_shows_what_cellc_prints(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    path = PAGES / f"{code}.md"
    page = path.read_text(encoding="utf-8")
    assert page.startswith(f"# {code}: {CODES[code].slug}\n")
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CELLC_CACHE", str(tmp_path / "cache"))
    fresh = page
    for section in sections(page):
        for name, body in section.files():
            Path(name).write_text(body, encoding="utf-8")
        fresh = fresh.replace(section.text, regenerated(section, code, folder))
        if any(name == "example.cell.yaml" for name, _ in section.files()):
            assert rendered(code)[0] == ([code] if section.title == "Wrong" else [])
    if update_golden:
        path.write_text(fresh, encoding="utf-8")
    assert fresh == page or update_golden
    wrong = sections(page)[0]
    assert wrong.title == "Wrong"
    assert f"[{code}]" in fresh or f'"code": "{code}"' in fresh  # the second: an answer over HTTP
    assert any(fence["kind"] in {"yaml", "console"} for fence in wrong.fences) or code in UNSEEN
