"""The export has everything that happened, in the form that its schema describes."""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from cellc.runtime.core.events import Event, Retried, encode
from cellc.runtime.exporting import EventLine, Line, export, named_kind
from cellc.runtime.log_reading import LogReader, read_log
from cellc.runtime.ports import Append, Arrival
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.worked import CHAIN, TEXT, worked

SCHEMA = Path(__file__).parents[3] / "docs" / "log-export.schema.json"


def lines_of(log: LogReader, *, heads_only: bool = False) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export(log, AT, heads_only=heads_only)]


@pytest.fixture
def log(tmp_path: Path) -> LogReader:
    owner = worked(tmp_path / "log.db")
    owner.note(AT, "clock", "it has jumped by +3600 s")
    owner.append([], [Arrival("m.e", "1", '"k"', AT, AT, b'{"n":1}')])
    owner.close()
    return read_log(tmp_path / "log.db")


def test_an_export_begins_with_the_log_and_has_programs_runs_events_and_arrivals(log: LogReader) -> None:
    lines = lines_of(log)
    kinds = ["log", "owner", "incident", "graph", *["run", *["event"] * 4] * 2, "arrival"]
    assert [line["type"] for line in lines] == kinds
    assert lines[0]["identity"] == log.identity
    assert lines[3]["hash"] == CHAIN.sha256
    assert lines[3]["program"] == json.loads(log.graph(CHAIN.sha256))
    assert lines[-1]["data"] == {"n": 1}


def test_events_have_named_fields_and_whole_values(log: LogReader) -> None:
    first, second, third, last = (line for line in lines_of(log) if line.get("run") == "run-1" and "seq" in line)
    assert (first["what"], first["data"]["input"]) == ("started", {"n": 1})
    assert first["at"] == AT.isoformat().replace("+00:00", "Z")
    assert first["data"]["calls"][0].keys() == {"call", "frame", "node", "occurrence", "item", "key"}
    assert (second["what"], second["data"]["value"]) == ("completed", 2)
    assert third["data"]["value"] == TEXT
    assert last["data"] == {"status": "completed", "value": 2, "error": None, "place": None}
    assert [line["chain"] for line in (first, second, third, last)] == [row.chain.hex() for row in log.stored_run(1)[1]]


def test_heads_alone_say_how_far_each_run_is(log: LogReader) -> None:
    first, *runs = lines_of(log, heads_only=True)
    assert first["type"] == "log"
    assert [(run["run"], run["events"], run["head"]) for run in runs] == [
        (f"run-{number}", 4, log.stored_run(number)[1][-1].chain.hex()) for number in (1, 2)
    ]


def test_a_run_alone_comes_with_its_program(log: LogReader) -> None:
    lines = [json.loads(line) for line in export(log, AT, [log.head(2)], heads_only=False)]
    assert [line["type"] for line in lines] == ["log", "graph", "run", *["event"] * 4]
    assert lines[2]["run"] == "run-2"


def test_a_run_is_whole_while_its_owner_goes_on(tmp_path: Path) -> None:
    owner = worked(tmp_path / "log.db", runs=1)
    found = []
    for line in export(read_log(tmp_path / "log.db"), AT, heads_only=False):
        found.append(json.loads(line))
        owner.append([Append(1, [encode(Retried(1))])])
    (run,) = (line for line in found if line["type"] == "run")
    assert [line["seq"] for line in found if line["type"] == "event"] == list(range(1, run["events"] + 1))
    owner.close()


# --- its schema -------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """Return the schema that the code means."""
    kinds = {str(kind.__struct_config__.tag): named_kind(kind) for kind in get_args(Event)}
    lines = [line for line in get_args(Line) if line is not EventLine]
    (*plain, event), defs = msgspec.json.schema_components([*lines, EventLine], ref_template="#/$defs/{name}")
    data, more = msgspec.json.schema_components(kinds.values(), ref_template="#/$defs/{name}")
    variants = [
        {"properties": {"what": {"const": what}, "data": found}} for what, found in zip(kinds, data, strict=True)
    ]
    defs["EventLine"] = {**defs["EventLine"], "oneOf": variants}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `cellc log export`, format 1",
        "oneOf": [*plain, event],
        "$defs": {**more, **defs},
    }


def test_the_schema_is_the_one_in_the_documentation(update_golden: bool) -> None:
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        SCHEMA.write_text(text)
    assert SCHEMA.read_text() == text


def test_every_line_fits_the_schema(log: LogReader) -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    for line in lines_of(log):
        assert [error.message for error in validator.iter_errors(line)] == []
    event = next(line for line in lines_of(log) if line["type"] == "event")
    assert not validator.is_valid({**event, "what": "completed"})
    assert not validator.is_valid({**event, "data": {}})
