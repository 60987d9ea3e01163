"""Who decides about colour: the flag, then NO_COLOR, FORCE_COLOR, TERM=dumb, then the stream."""

import io

import pytest

from cellc.terminal import ColorChoice, takes_color


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_first_that_speaks_decides(
    choice: ColorChoice, environment: dict[str, str], terminal: bool, colored: bool
) -> None:
    assert takes_color(choice, Stream(terminal=terminal), environment) is colored
