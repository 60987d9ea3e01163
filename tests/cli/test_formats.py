"""The forms of `cellc check`, whatever was found: valid by their schemas, complete, and safe to print."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from cellc.checking import Request, check_all, exit_of
from cellc.formats import FORMATS, form
from cellc.formats.findings import Findings, Look
from cellc.language.codes import CODES
from cellc.language.diagnostics import Diagnostic, Fix, Label
from cellc.language.span import Source, Span
from cellc.terminal import painter
from tests.cli.processes import HELLO, Cellc

SCHEMAS = Path(__file__).with_name("schemas")
SARIF = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")

SHARED = "cellc: 1\ncells:\n  add:\n    in: {x: int}\n    out: int\n    do: |\n      return y\n"
USER = "cellc: 1\nuse: {s: ./shared.cell.yaml}\ncells:\n  work:\n    out: int\n    do: 's.add(x=\"a\")'\n"

SITUATIONS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...], int]] = {
    "right": ({"a.cell.yaml": HELLO}, ("a.cell.yaml",), 0),
    "a shared module": ({"shared.cell.yaml": SHARED, "user.cell.yaml": USER}, (".",), 1),
    "a missing file": ({"a.cell.yaml": HELLO}, ("no.cell.yaml", "a.cell.yaml"), 2),
    "no files": ({"empty/readme.md": ""}, ("empty",), 2),
    "a name to escape": ({"q\"&<'%,: é.cell.yaml": SHARED}, ("q\"&<'%,: é.cell.yaml",), 1),
    "control characters": ({"a.cell.yaml": 'cellc: 1\nmo\x1b: "\x00"\n'}, ("a.cell.yaml",), 1),
    "an empty file": ({"a.cell.yaml": ""}, ("a.cell.yaml",), 1),
}


def sarif(text: str) -> Any:
    document = json.loads(text)
    SARIF.validate(document)
    (run,) = document["runs"]
    return run


def junit(text: str) -> ET.Element:
    JUNIT.validate(text)
    return ET.fromstring(text)  # noqa: S314 -- our own output


GITHUB = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\r\n]*,?)+)::([^\r\n]*)")


def github(text: str) -> list[dict[str, str]]:
    """What the runner of workflows reads in these lines."""
    found = [GITHUB.fullmatch(line) for line in text.split("\n")[:-1]]
    assert all(found)
    commands = [match for match in found if match]
    return [
        dict(pair.split("=", 1) for pair in c[2].split(",")) | {"is": c[1], "text": unquote(c[3])} for c in commands
    ]


VALID: Mapping[str, Callable[[str], Any]] = {"json": json.loads, "sarif": sarif, "junit": junit, "github": github}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_form_is_valid_and_the_exit_code_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, situation: str
) -> None:
    files, arguments, code = SITUATIONS[situation]
    monkeypatch.setenv("CELLC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for path, text in files.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    findings = check_all(Request(arguments))
    assert exit_of(findings) == code
    for name in FORMATS:
        text = told(name, findings)
        assert "\x1b" not in text
        VALID.get(name, str)(text)


@pytest.mark.parametrize("name", FORMATS)
def test_a_process_writes_a_form_to_stdout_and_nothing_else(cellc: Cellc, folder: Path, name: str) -> None:
    (folder / "a.cell.yaml").write_text(SHARED)
    done = cellc("check", "--format", name, ".")
    assert (done.code, done.err) == (1, "")
    assert "E204" in done.out
    VALID.get(name, str)(done.out)


FILE = "shop/a b.cell.yaml"
TEXT = "first\n\tzwei 日本\U0001f600 = x, y\nlast\n"
OTHER = "../lib/other.cell.yaml"


def at(word: str) -> Span:
    return Span(FILE, TEXT.index(word), TEXT.index(word) + len(word))


FOUND = Findings(
    (FILE, "good.cell.yaml"),
    (
        Diagnostic("E820", Span("", 0, 0), {"path": "nowhere"}),
        Diagnostic("E204", at("x"), {"name": "50% a:b\r\nc", "near": "d, e"}, (Label(at("first"), "here first"),)),
        Diagnostic("W221", at("y\nlast"), {"name": "y"}, (Label(Span(OTHER, 0, 3), "and here"),), Fix(at(", y"), "")),
        Diagnostic("N390", at("x"), {"what": "x", "expected": "1", "found": "2"}),
    ),
    {FILE: Source(FILE, TEXT), OTHER: Source(OTHER, "abc")},
)


def told(name: str, findings: Findings = FOUND) -> str:
    return "".join(f"{block}\n" for block in form(name)(findings, Look(painter(color=False))))


def test_sarif_has_code_point_columns_and_uris_relative_to_the_working_directory() -> None:
    run = sarif(told("sarif"))
    assert run["columnKind"] == "unicodeCodePoints"
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "shop/a%20b.cell.yaml", "uriBaseId": "WORKING_DIRECTORY"}
    assert place["region"] == {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 14}
    assert run["originalUriBaseIds"]["WORKING_DIRECTORY"]["uri"] == f"{Path.cwd().as_uri()}/"
    (related,) = run["results"][2]["relatedLocations"]
    other = related["physicalLocation"]["artifactLocation"]
    assert other == {"uri": (Path.cwd().parent / "lib" / "other.cell.yaml").as_uri()}


def test_sarif_has_the_page_of_each_rule_once_and_levels_fixes_and_labels() -> None:
    run = sarif(told("sarif"))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E204", "E820", "N390", "W221"]
    assert all(rule["help"]["markdown"].startswith(f"# {rule['id']}: ") for rule in rules)
    results = run["results"]
    assert [rules[r["ruleIndex"]]["id"] for r in results] == [r["ruleId"] for r in results]
    assert [r["level"] for r in results] == ["error", "error", "warning", "note"]
    assert results[1]["relatedLocations"][0]["message"] == {"text": "here first"}
    ((change,),) = (fix["artifactChanges"] for fix in results[2]["fixes"])
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": ""}
    assert replacement["deletedRegion"] == {"startLine": 2, "startColumn": 14, "endLine": 2, "endColumn": 17}
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_a_fingerprint_stays_when_lines_move_and_equal_lines_have_different_ones() -> None:
    def marks(text: str) -> list[str]:
        spans = [Span("a", m.start(), m.end()) for m in re.finditer("nam", text)]
        found = tuple(Diagnostic("E204", span, {"name": "nam", "near": ""}) for span in spans)
        run = sarif(told("sarif", Findings(("a",), found, {"a": Source("a", text)})))
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]

    before, after = marks("x = nam\ny = nam\nx = nam\n"), marks("# moved\n\nx = nam\ny = nam\n  x = nam\n")
    assert before == after
    assert len(set(before)) == 3


def test_junit_has_a_case_for_each_file_that_fails_by_its_errors_only() -> None:
    cases = {case.get("name"): [child.tag for child in case] for case in junit(told("junit")).iter("testcase")}
    assert cases == {FILE: ["failure"], "good.cell.yaml": [], "cellc check": ["error"]}
    warned = Findings((FILE,), FOUND.diagnostics[2:], FOUND.sources)
    assert [child.tag for child in junit(told("junit", warned)).iter() if child.text and child.text.strip()] == [
        "system-out"
    ]


def test_github_gets_each_problem_in_one_line_beside_its_place() -> None:
    nowhere, error, warning, note = github(told("github"))
    assert (nowhere["is"], nowhere["title"], "file" in nowhere) == ("error", "E820 nothing-to-check", False)
    assert (error["file"], error["line"], error["col"], error["endColumn"]) == (FILE, "2", "13", "13")
    assert error["text"] == "nothing here is called `50% a:b␍\nc`\nd, e"
    assert (warning["is"], warning["line"], warning["endLine"], "col" in warning) == ("warning", "2", "3", False)
    assert note["is"] == "notice"


def test_json_has_every_part_of_a_problem() -> None:
    problem = cast("dict[str, Any]", json.loads(told("json"))["diagnostics"][2])
    assert problem["labels"][0]["text"] == "and here"
    assert problem["fix"]["text"] == ""
    assert problem["place"]["path"] == FILE


def test_explain_lists_every_code_with_severity_and_name(cellc: Cellc) -> None:
    listed = json.loads(cellc("explain", "--list", "--format=json").out)
    assert {entry["code"]: entry["severity"] for entry in listed} == {c.code: c.severity for c in CODES.values()}
    assert all(entry["title"] and "\n" not in entry["title"] for entry in listed)
    lines = cellc("explain", "--list").out.splitlines()
    assert [line.split() for line in lines] == [[e["code"], e["severity"], e["name"]] for e in listed]
    assert max(map(len, lines)) <= 80
