"""What the tests of the command line share: the program that they run, and what came out."""

from collections.abc import Callable
from dataclasses import dataclass

HELLO = """\
cellc: 1
cells:
  hello:
    in: {name: string(1..80), times?: int(1..9)}
    out: {greeting: string}
    do: |
      return {greeting: f"Hello, {name}!"}
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Cellc = Callable[..., Done]
