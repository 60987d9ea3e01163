"""Numbers in intervals and lattices, against a grid of candidates."""

import random
from fractions import Fraction

from cellc.language.subtype.intervals import contains, find_number
from cellc.language.subtype.sets import Numbers

_GRID = [Fraction(n, 12) for n in range(-240, 241)]
_BOUNDS = [None, *(Fraction(n, 2) for n in range(-8, 9))]
_STEPS = [None, None, Fraction(1), Fraction(1, 2), Fraction(3, 2), Fraction(2), Fraction(3)]


def _area(chance: random.Random) -> Numbers:
    flags = (chance.random() < 0.3, chance.random() < 0.3)
    return Numbers("number", chance.choice(_BOUNDS), chance.choice(_BOUNDS), *flags, chance.choice(_STEPS))


def test_a_number_is_found_exactly_where_there_is_one() -> None:
    for seed in range(600):
        chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
        within = [_area(chance) for _ in range(chance.randint(1, 2))]
        without = [_area(chance) for _ in range(chance.randint(0, 4))]
        found = find_number(within, without)
        candidates = _GRID if found is None else [found]
        fitting = [
            n for n in candidates if all(contains(p, n) for p in within) and not any(contains(p, n) for p in without)
        ]
        assert bool(fitting) == (found is not None), (within, without, found)


def test_a_finite_range_can_be_covered_by_lattices() -> None:
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    area = Numbers("number", Fraction(2), Fraction(30), step=Fraction(1))
    lattices = [Numbers("number", step=Fraction(prime)) for prime in primes]
    assert find_number([area], lattices) is None
    assert find_number([area], lattices[:-1]) == 29
