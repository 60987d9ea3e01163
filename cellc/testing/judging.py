"""What a case came to, against what it expects: each difference is a diagnostic at its place in the file."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any

from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.reader import Mapping as YamlMapping
from cellc.language.reader import YamlNode
from cellc.language.span import Span
from cellc.language.text_forms import write_duration
from cellc.language.values import to_json
from cellc.language.values.problems import path_text
from cellc.runtime.python.cells import unusable
from cellc.runtime.unperformed import unperformed
from cellc.testing.model import Case, Check, Crash, TestFile
from cellc.testing.names import short
from cellc.testing.playing import Ended, play
from cellc.testing.promises import broken
from cellc.testing.yaml_values import place_of

MOST_DIFFERENCES = 8
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with what is wrong, and how it ended; None where it was not played. `crashes`: how many were tried."""

    case: Case
    problems: Sequence[Diagnostic]
    ended: Ended | None = None
    crashes: int = 0

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.problems


def judge(file: TestFile, case: Case) -> Judged:
    """Play a case and compare, with crashes where it asks for them."""
    if case.problems or file.program is None:
        return Judged(case, case.problems)
    program = file.program
    barred = [*barred_from(program, case)]
    if barred:
        return Judged(case, barred)
    ended = play(program, case)
    problems = [*_judged(program, case, ended)]
    if problems or case.crash is None:
        return Judged(case, problems, ended)
    tried = 0
    for found in _crashed(program, case, ended):
        tried += 1
        if isinstance(case.crash, Crash) and not found.world.crashed:
            reason = f"`{short(program, case.crash.after)}` is not performed {case.crash.n} times, so no process ends"
            return Judged(case, [_told("E904", case.span, reason=reason)], found, tried)
        problems = [*broken(program, case, found)]
        if problems:
            return Judged(case, problems, found, tried)
        what = difference(program, ended, found)
        if what:
            return Judged(case, [_told("E912", case.span, where=found.world.crashed, what=what)], found, tried)
    return Judged(case, (), ended, tried)


def barred_from(program: Program, case: Case) -> Iterator[Diagnostic]:
    """Yield what keeps the runtime from running this cell at all, as `cellc run` would say it."""
    for undone in unperformed(program, case.cell):
        reason = f"`{short(program, undone.name)}` has {undone.what}, which this version of cellc does not perform yet"
        yield _told("E904", case.span, reason=reason)
    for lack in unusable(program, case.cell):
        reason = f"the code `{lack.name}` of `{short(program, lack.effect)}` cannot be used: {lack.why}"
        yield _told("E904", case.span, reason=reason)


def _crashed(program: Program, case: Case, calm: Ended) -> Iterator[Ended]:
    if case.crash == "everywhere":
        for seam in range(1, len(calm.world.seams) + 1):
            yield play(program, case, crash_at=seam)
    elif not isinstance(case.crash, str):
        yield play(program, case, crash=case.crash)


def difference(program: Program, calm: Ended, found: Ended) -> str:
    """Return how an end with a crash differs from the one without."""
    if found.endless:
        return f"it does not end: {found.endless}"
    lost = found.world.unscripted
    if lost is not None:
        return f"it asks for `{short(program, lost.effect)}`, which has no script"
    pairs: list[tuple[str, Any, Any]] = [
        ("status", calm.status, found.status),
        ("error", calm.error, found.error),
        ("output", calm.output, found.output),
        ("undone", [names[0] for names in calm.undone], [names[0] for names in found.undone]),
        ("keys of requests", _keys(program, calm), _keys(program, found)),
    ]
    for what, wanted, came in pairs:
        if wanted != came:
            return f"`{what}` was {_shown(wanted)}, and is {_shown(came)}"
    return ""


def _keys(program: Program, ended: Ended) -> list[tuple[str, str]]:
    """Return the keys that were used, but for `once`: what is made again there is another request."""
    asked = ended.world.asked
    return sorted({(each.effect, each.key) for each in asked if program.effects[each.effect].delivery != "once"})


def _judged(program: Program, case: Case, ended: Ended) -> Iterator[Diagnostic]:
    world = ended.world
    if world.unscripted is not None:
        asked = world.unscripted
        script = case.scripts.get(asked.effect)
        request = "it" if script is None else f"the request {_shown(dict(asked.input))}"
        name = short(program, asked.effect)
        near = f"add `{name}:` under `handlers:`" if script is None else "add what it says to `when:`"
        yield _told("E905", case.span, effect=name, request=request, near=near)
        return
    if ended.endless:
        yield _told("E913", case.span, reason=ended.endless)
        return
    for refused in ended.refused:
        what = {"event": f"the event `{refused.told.name}`", "task": f"the answer to `{refused.told.name}`"}
        kind = what.get(refused.told.kind, "to cancel the run")
        yield _told("E911", refused.told.span, what=kind, at=write_duration(refused.told.at), reason=refused.reason)
    kept = [*broken(program, case, ended)]
    yield from kept
    found = [problem for check in case.checks for problem in _checked(program, check, ended)]
    yield from found
    if (
        not kept
        and not found
        and ended.status == "failed"
        and not any(check.key in {"status", "error"} for check in case.checks)
    ):
        yield _different("status", "completed", _status(ended), case.span)


def _checked(program: Program, check: Check, ended: Ended) -> Iterator[Diagnostic]:
    world, span = ended.world, check.node.span
    match check.key:
        case "status" if check.wanted != ended.status:
            yield _different("status", check.wanted, _status(ended), span)
        case "output" if ended.status != "completed":
            yield _different("output", _shown(check.wanted), f"no output: the run is {_status(ended)}", span)
        case "output":
            yield from _values("output", check.wanted, ended.output, check.node)
        case "error":
            yield from _error(program, check, ended)
        case "performed" | "performed_any_order" | "not_performed":
            yield from _performed(program, check, ended)
        case "undone":
            yield from _undone(program, check, ended)
        case "requests":
            for effect, wanted in check.wanted.items():
                found = [dict(asked.input) for asked in world.asked if asked.effect == effect]
                node = _part(check.node, short(program, effect)) or check.node
                yield from _values(f"requests.{short(program, effect)}", wanted, found, node)
        case "keys":
            yield from _keys_checked(program, check, ended)
        case "max_in_flight":
            for effect, most in check.wanted.items():
                found_most = world.most_in_flight[effect]
                if found_most > most:
                    name = short(program, effect)
                    yield _different(f"max_in_flight.{name}", f"at most {most}", str(found_most), span)
        case "at" if check.wanted != ended.took:
            yield _different("at", write_duration(check.wanted), write_duration(ended.took), span)
        case _:
            pass


def _status(ended: Ended) -> str:
    view = ended.view
    if view is None:
        return "nothing"
    if view.failure is not None:
        return f"failed, in {view.failure.error} {_shown(dict(view.failure.fields))} at {view.failure.place}"
    why = "; ".join(f"{row.place}: {row.reason or row.event or row.state}" for row in view.open)
    return f"{ended.status}, {why}" if why else ended.status


def _error(program: Program, check: Check, ended: Ended) -> Iterator[Diagnostic]:
    name, fields = check.wanted
    error = ended.error
    if error is None or error[0] != name:
        found = _status(ended) if error is None else f"{short(program, error[0])} {_shown(dict(error[1]))}"
        yield _different("error", short(program, name), found, check.node.span)
        return
    given = _part(check.node, "fields") or check.node
    for field, wanted in fields.items():
        node = _part(given, field) or given
        yield from _values(f"error.{field}", wanted, error[1].get(field), node)


def _performed(program: Program, check: Check, ended: Ended) -> Iterator[Diagnostic]:
    performed = ended.world.performed
    if check.key == "not_performed":
        done = Counter(effect for effect, _ in performed)
        for number, effect in enumerate(check.wanted):
            if done[effect]:
                found = f"{done[effect]} time{'s' if done[effect] > 1 else ''}"
                span = place_of(check.node, f"[{number}]")
                yield _different("not_performed", f"`{short(program, effect)}` never", found, span)
        return
    came = [effect for effect, scripted in performed if scripted or effect in check.wanted]
    same = came == check.wanted if check.key == "performed" else Counter(came) == Counter(check.wanted)
    if not same:
        names = [[short(program, effect) for effect in effects] for effects in (check.wanted, came)]
        yield _lists(check, names[0], names[1])


def _undone(program: Program, check: Check, ended: Ended) -> Iterator[Diagnostic]:
    found = ended.undone
    names = [
        {form for name in each for form in (name, name.partition(".")[2], name.rpartition(".")[2])} for each in found
    ]
    if len(found) != len(check.wanted) or any(
        wanted not in known for wanted, known in zip(check.wanted, names, strict=False)
    ):
        yield _lists(check, check.wanted, [short(program, each[0]) for each in found])


def _lists(check: Check, wanted: list[str], found: list[str]) -> Diagnostic:
    first = next(
        (n for n, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]),
        min(len(wanted), len(found)),
    )
    span = place_of(check.node, f"[{first}]") if first < len(wanted) else check.node.span
    return _different(check.key, _listed(wanted), _listed(found), span)


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"


def _keys_checked(program: Program, check: Check, ended: Ended) -> Iterator[Diagnostic]:
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for asked in ended.world.asked:
        keys[asked.effect].append(asked.key)
    wanted: Mapping[str, str] = (
        check.wanted if isinstance(check.wanted, dict) else dict.fromkeys(keys, str(check.wanted))
    )
    for effect, word in wanted.items():
        found, different = keys[effect], len(set(keys[effect]))
        if found and different != (1 if word == "same" else len(found)):
            told = f"{different} in {len(found)} requests of `{short(program, effect)}`"
            yield _different("keys", word, told, check.node.span)


def _values(key: str, wanted: Any, found: Any, node: YamlNode) -> Iterator[Diagnostic]:
    """Yield where two values differ, each at its place."""
    for number, (path, one, other) in enumerate(_differences(wanted, found, ())):
        if number == MOST_DIFFERENCES:
            return
        where = path_text(path)
        yield _different(key, _shown(one), _shown(other), place_of(node, where), where)


_ABSENT = object()


def _differences(
    wanted: Any, found: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*wanted, *found)):
            yield from _differences(wanted.get(name, _ABSENT), found.get(name, _ABSENT), (*path, name))
    elif isinstance(wanted, list) and isinstance(found, list):
        for index in range(max(len(wanted), len(found))):
            pair = [each[index] if index < len(each) else _ABSENT for each in (wanted, found)]
            yield from _differences(pair[0], pair[1], (*path, index))
    elif (
        wanted is _ABSENT or found is _ABSENT or wanted != found or isinstance(wanted, bool) != isinstance(found, bool)
    ):
        yield path, wanted, found


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, timedelta):
        return write_duration(value)
    text = dumps(to_json(value), ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _part(node: YamlNode, name: str) -> YamlNode | None:
    entries = node.entries if isinstance(node, YamlMapping) else ()
    return next((value for key, value in entries if key.content == name), None)


def _different(key: str, expected: str, found: str, span: Span, path: str = "") -> Diagnostic:
    where = f" at `{path}`" if path else ""
    return _told("E910", span, key=key, where=where, expected=expected, found=found, near="")


def _told(code: str, span: Span, **fields: str) -> Diagnostic:
    return Diagnostic(code, span, fields)
