"""Variables of a dotenv file that cellc.toml names: beneath those of the process, and never shown."""

from pathlib import Path

import pytest

from tests.cli.processes import Cellc

SAYS = """\
cellc: 1
effects:
  look:
    in: {}
    out: {status: int, output: string, errors: string}
    delivery: once
    via: process.run
    with:
      command: [sh, -c, 'echo "$WORD" $(printf %s "$TOKEN" | wc -c)']
      environment: {WORD: "${env.WORD}", TOKEN: "${secret.TOKEN}"}
cells:
  main:
    out: string
    effects: [look]
    do: |
      seen = look()
      return strip(seen.output)
"""

SETTINGS = """\
[permissions]
allow = ["process.run"]
[environment]
file = "local.env"
"""


@pytest.fixture
def says(folder: Path) -> str:
    """A program that tells the variable WORD and how long the secret TOKEN is."""
    (folder / "says.cell.yaml").write_text(SAYS)
    (folder / "cellc.toml").write_text(SETTINGS)
    (folder / "local.env").write_text("# for me\nexport WORD='of the file'\nTOKEN=\"abc$WORD-12345\"\n")
    return "says.cell.yaml"


def test_the_file_that_cellc_toml_names_has_variables_and_secrets(says: str, cellc: Cellc) -> None:
    assert cellc("run", says).out == '"of the file 14"\n'


def test_variables_of_the_process_go_first(says: str, cellc: Cellc) -> None:
    assert cellc("run", says, env={"WORD": "here", "TOKEN": "123456789"}).out == '"here 9"\n'


def test_a_file_of_a_secret_that_the_process_names_goes_first(says: str, cellc: Cellc, folder: Path) -> None:
    (folder / "token").write_text("12345678901\n")
    assert cellc("run", says, env={"TOKEN_FILE": "token"}).out == '"of the file 11"\n'


def test_a_file_that_is_not_there_adds_nothing(says: str, cellc: Cellc, folder: Path) -> None:
    (folder / "local.env").unlink()
    done = cellc("run", says)
    assert (done.code, done.err.count("error[E804]"), done.err.count("error[E805]")) == (1, 1, 1)


@pytest.mark.parametrize("line", ["hidden words", "HIDDEN", "HIDDEN='open"])
def test_what_is_no_line_of_such_a_file_is_told_by_its_number(line: str, says: str, cellc: Cellc, folder: Path) -> None:
    (folder / "local.env").write_text(f"WORD=a\n{line}\n")
    done = cellc("run", says)
    assert done.code == 2
    assert "error[E828]: local.env cannot be taken: line 2 is not `NAME=value`\n" in done.err
    assert "hidden" not in done.err.lower()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[environment]\nfiel = '.env'\n", "there is no setting `environment.fiel`"),
        ("[environment]\nfile = 1\n", "`environment.file` must be a text"),
        ("environment = 1\n", "`environment` must be a table"),
    ],
)
def test_settings_that_do_not_fit_are_told(table: str, told: str, says: str, cellc: Cellc, folder: Path) -> None:
    (folder / "cellc.toml").write_text(table)
    done = cellc("run", says)
    assert (done.code, f"error[E828]: cellc.toml cannot be taken: {told}" in done.err) == (2, True)
