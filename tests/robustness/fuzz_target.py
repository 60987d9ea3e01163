"""A coverage-guided fuzzer of everything that `cellc check` does with a text: `python -m tests.robustness.fuzz_target`.

Its arguments are libFuzzer's: a folder of seeds, `-runs=`, `-seed=`, ... Half of the changes are libFuzzer's own, to
bytes; the others are to words: taken out, doubled, exchanged, moved with their line, or taken from other programs. An
input that reads as a text goes through the door of texts, any other through that of bytes. What is left but diagnostics
ends the fuzzer, which leaves the input in a file.
"""

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["cellc"]):
    from tests.robustness.door import enter, enter_bytes

from tests.robustness.tearing import LAYOUT, ODD, PROGRAMS, WORDS

LONGEST = 6_000
"""The most bytes of an input: work grows with them, and what is found is found in little ones."""

_STRANGE = tuple(word for word in (*ODD, *LAYOUT) if word != "\ud800" and len(word) < 200)


def test_one_input(data: bytes) -> None:
    """Let an input in."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        enter_bytes(data)
    else:
        enter(text)


def changed(data: bytes, longest: int, seed: int) -> bytes:
    """Return an input with a few things changed."""
    chosen = Random(seed)  # noqa: S311 -- the fuzzer's own seed
    if chosen.random() < 0.5:
        return bytes(atheris.Mutate(data, longest))
    text = data.decode("utf-8", "replace")
    for _ in range(chosen.randint(1, 3)):
        text = _torn(text, chosen)
    return text.encode("utf-8", "replace")[:longest]


def _torn(text: str, chosen: Random) -> str:
    if chosen.random() < 0.2:
        lines = text.split("\n")
        lines.insert(chosen.randrange(len(lines) + 1), lines[chosen.randrange(len(lines))])
        return "\n".join(lines)
    words = WORDS.findall(text) or [""]
    at = chosen.randrange(len(words))
    match chosen.randrange(5):
        case 0:
            del words[at : at + chosen.randint(1, 3)]
        case 1:
            words.insert(at, words[at])
        case 2:
            other = chosen.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        case 3:
            words.insert(at, chosen.choice(_STRANGE))
        case _:
            others = WORDS.findall(chosen.choice(PROGRAMS))
            start = chosen.randrange(len(others))
            words[at : at + chosen.choice((0, 1, 20))] = others[start : start + chosen.randint(1, 30)]
    return "".join(words)


if __name__ == "__main__":
    atheris.Setup([*sys.argv, f"-max_len={LONGEST}"], test_one_input, custom_mutator=changed)
    atheris.Fuzz()
