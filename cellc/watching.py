"""`cellc check --watch`: checking again whenever something changes that the result depends on.

That is every file that was read or looked for, whoever imports it, and which programs lie in the named folders. They
are looked at several times a second, which works on every file system and needs no service. A change is acted on when
things have stood still for one look, so an editor that writes in steps, or a change of branch, is one change.
"""

import time
from collections.abc import Iterator, Mapping

from cellc import project
from cellc.checking import Request, check_all, programs
from cellc.formats.findings import Findings

SECONDS = 0.15
"""The time from one look to the next."""


def each_change(request: Request) -> Iterator[tuple[Findings, tuple[str, ...]]]:
    """Yield what is found now, then again after every change, with the paths that have changed. Never ends."""
    changed: tuple[str, ...] = ()
    while True:
        findings = check_all(request)
        yield findings, changed
        changed = _wait_for_change(request, findings)


def _wait_for_change(request: Request, findings: Findings) -> tuple[str, ...]:
    """Return the paths that are no longer as they were checked, as soon as they stand still."""
    checked: Mapping[str, project.Stamp] = {**dict.fromkeys(findings.files), **findings.stamps}
    before = checked
    while True:
        now = _look(request, findings)
        changed = sorted(path for path in {*checked, *now} if _differs(path, checked, now))
        if changed and now == before:
            return tuple(changed)
        before = now
        time.sleep(SECONDS)


def _look(request: Request, findings: Findings) -> Mapping[str, project.Stamp]:
    """Return the stamps of all programs that are there now, and of what the last check looked for."""
    gone = set(findings.files) - set(now := programs(request))
    return {path: project.stamp(path) for path in (*now, *findings.stamps) if path not in gone}


def _differs(path: str, one: Mapping[str, project.Stamp], other: Mapping[str, project.Stamp]) -> bool:
    return (path in one) != (path in other) or one.get(path) != other.get(path)
