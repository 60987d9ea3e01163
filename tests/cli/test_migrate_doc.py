"""The example of `docs/migrate.md` is what cellc prints; `make golden` writes it anew."""

import re
import subprocess
from pathlib import Path

from tests.cli.processes import Cellc

PAGE = Path(__file__).parents[2] / "docs" / "migrate.md"
TRANSCRIPT = re.compile(r"^```console\n\$ cellc (?P<command>.+)\n(?P<output>(?s:.*?))^```$", re.MULTILINE)
PROGRAM = re.compile(r"^```yaml shop.cell.yaml\n(?P<text>(?s:.*?))^```$", re.MULTILINE)


def test_the_example_is_what_is_printed(cellc: Cellc, folder: Path, update_golden: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    old, new = (found["text"] for found in PROGRAM.finditer(page))
    program = folder / "shop.cell.yaml"
    program.write_text(old)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for step in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "In use")):
        subprocess.run(["git", *step], cwd=folder, check=True)
    program.write_text(new)
    shown = TRANSCRIPT.search(page)
    assert shown is not None
    printed = cellc(*shown["command"].split(), env={"COLUMNS": "80"}).out
    if update_golden:
        PAGE.write_text(page[: shown.start("output")] + printed + page[shown.end("output") :], encoding="utf-8")
    else:
        assert printed == shown["output"]
