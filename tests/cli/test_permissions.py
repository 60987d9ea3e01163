"""What a program may touch: denied before a run starts, and never performed by one that was started elsewhere."""

from pathlib import Path

import pytest

from tests.cli.processes import Cellc

READS = """\
cellc: 1
cells:
  read:
    out: string
    effects: [file.read, time.now]
    do: |
      now = time.now()
      return file.read(path=f"answer{now.year * 0}.txt")
"""

WRITES_LATER = """\
cellc: 1
events:
  go: {data: json}
effects:
  wait:
    out: json
    delivery: read
    via: event.wait
    with: {event: go}
cells:
  write:
    effects: [file.write, wait]
    do: |
      wait() within 9d
      file.write(path="out.txt", text="written")
    errors: [Timeout]
"""


@pytest.fixture
def program(folder: Path) -> str:
    (folder / "read.cell.yaml").write_text(READS)
    (folder / "answer0.txt").write_text("42")
    return "read.cell.yaml"


@pytest.mark.parametrize(
    "flags", [(), ("--allow", "file.*"), ("--allow", "*"), ("--allow", "sql.*", "--allow", "file.read")]
)
def test_what_is_allowed_is_performed(flags: tuple[str, ...], program: str, cellc: Cellc) -> None:
    assert cellc("run", program, *flags).out == '"42"\n'


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--deny", "file.*"), "`file.*` is denied"),
        (("--allow", "file.*", "--deny", "file.read"), "`file.read` is denied"),
        (("--allow", "http.*"), "only `http.*` is allowed"),
        (("--deny", "time.now"), "`time.now` is denied"),
    ],
)
def test_what_is_not_allowed_is_told_with_its_place_before_a_run_starts(
    flags: tuple[str, ...], why: str, program: str, cellc: Cellc
) -> None:
    done = cellc("run", program, *flags)
    assert (done.code, done.out) == (1, "")
    assert "error[E826]" in done.err
    assert f"which is not allowed here: {why}" in done.err
    assert f" --> {program}:" in done.err
    assert cellc("runs").code == 2, "there is no log: nothing was started"


def test_cellc_toml_limits_every_run_below_it(program: str, cellc: Cellc, folder: Path) -> None:
    (folder.parent / "cellc.toml").write_text('[permissions]\nallow = ["http.*"]\n')
    assert "only `http.*` is allowed" in cellc("run", program).err
    assert cellc("run", program, "--allow", "file.read").out == '"42"\n'


def test_a_flag_does_not_lift_what_cellc_toml_denies(program: str, cellc: Cellc, folder: Path) -> None:
    (folder / "cellc.toml").write_text('[permissions]\ndeny = ["file.*"]\n')
    assert "`file.*` is denied" in cellc("run", program, "--allow", "file.read").err


def test_a_run_that_was_started_is_not_let_through_when_it_goes_on(cellc: Cellc, folder: Path) -> None:
    (folder / "write.cell.yaml").write_text(WRITES_LATER)
    assert cellc("run", "write.cell.yaml", "--detach").code == 3
    (folder / "cellc.toml").write_text('[permissions]\ndeny = ["file.write"]\n')
    assert cellc("signal", "go").code == 0
    resumed = cellc("resume")
    assert resumed.code == 3
    assert "file.write is not allowed here: `file.write` is denied" in resumed.err
    assert not (folder / "out.txt").exists()
    (folder / "cellc.toml").write_text("")
    assert cellc("retry", cellc("runs").out.split()[0]).code == 0
    assert (folder / "out.txt").read_text() == "written"


WRITES_AFTER_A_WHILE = """\
cellc: 1
cells:
  write:
    effects: [file.write, time.sleep]
    do: |
      time.sleep(for=2s)
      file.write(path="out.txt", text="written")
"""


def test_what_resume_denies_is_not_performed(cellc: Cellc, folder: Path) -> None:
    (folder / "write.cell.yaml").write_text(WRITES_AFTER_A_WHILE)
    assert cellc("run", "write.cell.yaml", "--detach").code == 3
    resumed = cellc("resume", "--deny", "file.*")
    assert resumed.code == 3
    assert "file.write is not allowed here: `file.*` is denied" in resumed.err
    assert not (folder / "out.txt").exists()
    assert cellc("retry", cellc("runs").out.split()[0]).code == 0
    assert (folder / "out.txt").read_text() == "written"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('[permissions]\nalow = ["http.*"]\n', "there is no setting `permissions.alow`"),
        ("[permission]\n", "there is no setting `permission`"),
        ('[permissions]\nallow = "http.*"\n', "`permissions.allow` must be a list of texts"),
        ("permissions = 1\n", "`permissions` must be a table"),
        ("[permissions\n", "(at line 1, column 13)"),
    ],
)
def test_settings_that_would_limit_nothing_are_refused(
    settings: str, told: str, program: str, cellc: Cellc, folder: Path
) -> None:
    (folder / "cellc.toml").write_text(settings)
    done = cellc("run", program)
    assert (done.code, done.out) == (2, "")
    assert "error[E828]" in done.err
    assert told in done.err


@pytest.mark.parametrize("pattern", ["htpp.*", "file.raed", ""])
def test_a_pattern_that_matches_nothing_is_refused(pattern: str, program: str, cellc: Cellc) -> None:
    done = cellc("run", program, "--deny", pattern)
    assert (done.code, done.out) == (2, "")
    assert "error[E827]" in done.err


def test_resume_takes_the_same_patterns(program: str, cellc: Cellc) -> None:
    assert cellc("run", program).code == 0
    assert cellc("resume", "--deny", "file.read", "--allow", "file.*").code == 0
    assert "error[E827]" in cellc("resume", "--adopt", "--deny", "file.raed").err


def test_networks_that_are_not_allowed_are_not_asked(cellc: Cellc, folder: Path) -> None:
    (folder / "ask.cell.yaml").write_text(
        'cellc: 1\ncells:\n  ask:\n    effects: [http.get]\n    do: |\n      http.get(url="http://127.0.0.1:9/")\n'
    )
    (folder / "cellc.toml").write_text("[http]\nnetworks = []\n")
    done = cellc("run", "ask.cell.yaml")
    assert done.code == 3
    assert "127.0.0.1 is 127.0.0.1, which is no public address and not allowed here" in done.err


@pytest.mark.parametrize(
    "setting", ['networks = "10.0.0.0/8"', "networks = [10]", 'networks = ["10.0.0.1/8"]', "network = []"]
)
def test_a_wrong_setting_of_networks_is_told(setting: str, cellc: Cellc, folder: Path) -> None:
    (folder / "cellc.toml").write_text(f"[http]\n{setting}\n")
    done = cellc("run", "hello.cell.yaml", "name=Ada")
    assert (done.code, "E828" in done.err) == (2, True)


def test_files_are_below_the_working_directory_or_where_the_project_says(cellc: Cellc, folder: Path) -> None:
    (folder / "ask.cell.yaml").write_text(
        "cellc: 1\ncells:\n  ask:\n    in: {path: string}\n    out: string\n    effects: [file.read]\n"
        "    do: return file.read(path)\n"
    )
    (folder.parent / "out.txt").write_text("out")
    (folder / "data").mkdir()
    (folder / "data" / "in.txt").write_text("in")
    assert cellc("run", "ask.cell.yaml", "path=data/in.txt").out == '"in"\n'
    outside = cellc("run", "ask.cell.yaml", "path=../out.txt")
    assert (outside.code, "../out.txt is outside of" in outside.err) == (3, True)
    (folder / "cellc.toml").write_text('[file]\nroot = "data"\n')
    assert cellc("run", "ask.cell.yaml", "path=in.txt").out == '"in"\n'
    (folder / "cellc.toml").write_text('[file]\nroot = "none"\n')
    wrong = cellc("run", "ask.cell.yaml", "path=in.txt")
    assert (wrong.code, "E828" in wrong.err) == (2, True)
