"""A case given as data by Python code, in place of a file's."""

import json
from pathlib import Path
from typing import Any

from cellc.language.span import Source
from cellc.language.values import to_json
from cellc.render import render
from cellc.terminal import painter
from cellc.testing.playing import Ended, play
from cellc.testing.reading import read_source


def play_given(path: str | Path, **parts: Any) -> Ended:
    """Play a case of the program at `path`. Raises ValueError for what is no case."""
    case = {"name": "given", "expect": {}, **to_json(parts)}
    text = json.dumps({"test": str(Path(path).absolute()), "cases": [case]}, ensure_ascii=False, default=str)
    file = read_source(Source("given.test.yaml", text))
    problems = [*file.problems, *(problem for each in file.cases for problem in each.problems)]
    if problems or file.program is None:
        raise ValueError("\n\n".join(render(problem, file.sources, painter(color=False)) for problem in problems))
    return play(file.program, file.cases[0])
