"""How tests are told: for people, a line for each case, as JSON, and as JUnit's XML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from cellc.formats import json as json_form
from cellc.formats.findings import Findings, Look
from cellc.formats.junit import attribute, carried
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source
from cellc.language.text_forms import write_duration
from cellc.language.values import to_json
from cellc.line_cells import safe
from cellc.render import counted, render, render_line
from cellc.runtime.telling import Line
from cellc.terminal import painter
from cellc.testing.judging import Judged
from cellc.testing.model import TestFile
from cellc.testing.virtual_time import START

MOST_LINES = 30
"""Lines of what happened that are shown of a case that failed: the last ones."""

FORMATS = ("full", "concise", "json")


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of one file: its cases that were chosen, or what is wrong with all of it."""

    file: TestFile
    judged: Sequence[Judged]

    @property
    def problems(self) -> list[Diagnostic]:
        """Everything that is wrong."""
        return [*self.file.problems, *(d for judged in self.judged for d in judged.problems)]


def tell(tested: Sequence[Tested], form: str, look: Look, more: Mapping[str, Any]) -> Iterator[str]:
    """Give what is told, block by block. `more` is told beside the files, where that is JSON."""
    if form == "json":
        yield _json(tested, more)
        return
    for each in tested:
        yield from (_full if form == "full" else _concise)(each, look)
    yield _summary(tested, look)


def _full(tested: Tested, look: Look) -> Iterator[str]:
    sources = tested.file.sources
    yield look.paint(safe(tested.file.path), "strong")
    for problem in tested.file.problems:
        yield render(problem, sources, look.paint, look.width) + "\n"
    for judged in tested.judged:
        crashes = (
            f"  (a crash at each of {counted(judged.crashes, 'place')})" if judged.crashes and judged.passed else ""
        )
        mark = look.paint("ok  ", "good") if judged.passed else look.paint("FAIL", "error")
        yield f"  {mark}  {safe(judged.case.name)}{crashes}"
        if not judged.passed:
            yield ""
            for problem in judged.problems:
                yield render(problem, sources, look.paint, look.width) + "\n"
            yield from _happened(judged, look)


def _happened(judged: Judged, look: Look) -> Iterator[str]:
    """Give the last lines of what happened in the run."""
    lines = [] if judged.ended is None else [line for line in judged.ended.lines if line.kind != "sent"]
    if not lines:
        return
    left = len(lines) - MOST_LINES
    yield "what happened:" if left <= 0 else f"what happened, after {left} lines more:"
    for line in lines[-MOST_LINES:]:
        text = f"  {moment(line):>8}  {line.kind:<9}  {_said(line)}".rstrip()
        yield look.paint(text if len(text) <= look.width else f"{text[: look.width - 1]}…", "dim")
    yield ""


def moment(line: Line) -> str:
    """Return when something happened: `+20s`, `+50h`, `+30d 00:00:00.020`."""
    since = line.at - START
    exact = write_duration(since)
    return f"+{since.days}d {_clock(since)}" if since.days and exact.endswith("ms") else f"+{exact}"


def _clock(since: timedelta) -> str:
    """Return the part of a time that is less than a day."""
    return f"{(START + since):%H:%M:%S}.{since.microseconds // 1000:03}"


def _said(line: Line) -> str:
    detail = line.detail.partition("\n")[0]
    value = "" if line.value is None else msgspec.json.encode(to_json(line.value)).decode()
    words = [line.place, line.effect, "" if line.kind == "ready" else detail, value]
    return safe("  ".join(word for word in words if word))


def _concise(tested: Tested, _look: Look) -> Iterator[str]:
    sources = tested.file.sources
    yield from (render_line(problem, sources) for problem in tested.file.problems)
    for judged in tested.judged:
        place = _place(judged, sources)
        yield f"{place}: {'ok' if judged.passed else 'FAIL'} {safe(judged.case.name)}"
        yield from (render_line(problem, sources) for problem in judged.problems)


def _place(judged: Judged, sources: Mapping[str, Source]) -> str:
    span = judged.case.span
    position = sources[span.file].position(span.start)
    return f"{safe(span.file)}:{position.line}:{position.column}"


def _summary(tested: Sequence[Tested], look: Look) -> str:
    judged = [each for file in tested for each in file.judged]
    failed = sum(not each.passed for each in judged)
    unread = sum(bool(file.file.problems) for file in tested)
    said = f"{counted(len(judged), 'case')}: {len(judged) - failed} passed"
    said += f", {failed} failed" if failed else ""
    said += f"; {counted(unread, 'file')} with mistakes" if unread else ""
    return look.paint(said, "error" if failed or unread else "good")


def _json(tested: Sequence[Tested], more: Mapping[str, Any]) -> str:
    data = [
        {
            "file": each.file.path,
            "problems": _problems(each.file.problems, each),
            "cases": [_case(judged, each) for judged in each.judged],
        }
        for each in tested
    ]
    return msgspec.json.format(msgspec.json.encode({"files": data, **more}), indent=2).decode()


def _case(judged: Judged, tested: Tested) -> dict[str, Any]:
    ended = judged.ended
    error = None if ended is None else ended.error
    return {
        "name": judged.case.name,
        "place": json_form.place(judged.case.span, _findings(tested)),
        "passed": judged.passed,
        "crashes": judged.crashes,
        "status": None if ended is None else ended.status or None,
        "output": None if ended is None else to_json(ended.output),
        "error": None if error is None else {"name": error[0], "fields": to_json(dict(error[1]))},
        "at": None if ended is None else write_duration(ended.took),
        "problems": _problems(judged.problems, tested),
    }


def _problems(problems: Sequence[Diagnostic], tested: Tested) -> list[dict[str, Any]]:
    return [json_form.problem(problem, _findings(tested)) for problem in problems]


def _findings(tested: Tested) -> Findings:
    return Findings((tested.file.path,), (), tested.file.sources)


def junit(tested: Sequence[Tested]) -> str:
    """Return JUnit's XML: a suite for each file, a test case for each case."""
    suites = [line for each in tested for line in _suite(each)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *suites, "</testsuites>", ""])


def _suite(tested: Tested) -> Iterator[str]:
    failed = sum(not judged.passed for judged in tested.judged)
    wrong = bool(tested.file.problems)
    counts = f'tests="{len(tested.judged) + wrong}" failures="{failed}" errors="{int(wrong)}" skipped="0"'
    yield f"  <testsuite name={attribute(tested.file.path)} {counts}>"
    if wrong:
        yield from _xml_case(tested.file.path, tested, tested.file.problems, "error")
    for judged in tested.judged:
        yield from _xml_case(judged.case.name, tested, judged.problems, "failure")
    yield "  </testsuite>"


def _xml_case(name: str, tested: Tested, problems: Sequence[Diagnostic], tag: str) -> Iterator[str]:
    head = f"    <testcase name={attribute(name)} classname={attribute(tested.file.path)}"
    if not problems:
        yield f"{head}/>"
        return
    plain = painter(color=False)
    text = carried("\n\n".join(render(problem, tested.file.sources, plain) for problem in problems))
    message = render_line(problems[0], tested.file.sources)
    yield f"{head}>"
    yield f"      <{tag} type={attribute(problems[0].code)} message={attribute(message)}>{text}</{tag}>"
    yield "    </testcase>"
