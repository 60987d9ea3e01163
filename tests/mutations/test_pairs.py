"""Two mistakes that have nothing to do with each other are both found, each as if the other were not there."""

import pytest

from tests.mutations.corpus import told
from tests.mutations.kinds import KINDS
from tests.mutations.pairs import pairs
from tests.mutations.sites import made

FIRST = [name for name, kind in KINDS.items() if not kind.whole]


def missed(first: str, every: int) -> list[tuple[object, ...]]:
    found = []
    for pair in pairs(first, every):
        text, expected = made(pair.subject.text, pair.edits)
        said = told(pair.subject, text)
        if said != expected:
            found.append((pair.names, str(pair.subject.path), expected, said))
    return found


@pytest.mark.parametrize("part", range(6))
def test_both_of_two_mistakes_are_found(part: int) -> None:
    assert [miss for first in FIRST[part::6] for miss in missed(first, 10)] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(6))
def test_both_of_two_mistakes_of_any_kinds_are_found(part: int) -> None:
    assert [miss for first in FIRST[part::6] for miss in missed(first, 1)] == []


def test_there_are_pairs_of_most_kinds() -> None:
    tried = sum(1 for first in FIRST for _ in pairs(first, 10))
    assert tried > len(FIRST) ** 2 / 2 / 10 * 0.6
