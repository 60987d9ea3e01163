"""The registry of diagnostic codes: number, name, severity and wording, once.

A phase reports a code with fields; the message and the hint are filled from here. Numbers are never used again for
another meaning (`tests/diagnostics/codes.txt` is the committed list). Ranges: 1xx syntax and shape, 2xx names, 3xx
types, 4xx effects and errors, 5xx flow, 6xx sagas, 7xx versions, 8xx bindings and runs, 9xx tests of programs. Every
code has a page `docs/diagnostics/CODE.md`, which `cellc explain CODE` prints.
"""

from cellc.language.codes import effects, flow, names, runs, sagas, syntax, tests, types, versions
from cellc.language.codes.code import Code, Severity

__all__ = ["CODES", "Code", "Severity"]

CODES: dict[str, Code] = {}

for _code in (
    *syntax.CODES,
    *names.CODES,
    *types.CODES,
    *effects.CODES,
    *flow.CODES,
    *sagas.CODES,
    *versions.CODES,
    *runs.CODES,
    *tests.CODES,
):
    if _code.code in CODES:
        raise ValueError(f"code {_code.code} is registered twice")
    CODES[_code.code] = _code
