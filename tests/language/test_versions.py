"""Versions in order, and ranges as npm has them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.versions import BadRange, Version, read_range, read_version

ORDER = (
    "0.0.1-0 0.0.1 0.9.10 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 "
    "1.0.0 1.0.1 1.2.0 1.10.0 2.0.0"
)


def version(text: str) -> Version:
    found = read_version(text)
    assert found
    return found


def test_versions_have_the_order_that_semver_gives() -> None:
    versions = [version(text) for text in ORDER.split()]
    assert all(a < b for a, b in pairwise(versions))
    assert version("1.0.0+build.5") == version("1.0.0")


@pytest.mark.parametrize("text", ["1", "1.2", "01.2.3", "1.2.3-", "v1.2.3", "1.2.3.4", ""])
def test_what_is_no_version_is_none(text: str) -> None:
    assert read_version(text) is None


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("^1.2", "1.2.0 1.2.9 1.99.0", "1.1.9 2.0.0 1.3.0-beta 2.0.0-alpha"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2 1.0.0"),
        ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("^0.x", "0.0.0 0.9.9", "1.0.0"),
        ("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.4 1.2.3 1.3.0", "1.2.3-beta.1 1.2.4-beta.2 2.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2 1.3.0-alpha"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0 1.1.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.9"),
        ("1.2.*", "1.2.0 1.2.9", "1.3.0"),
        ("1", "1.0.0 1.9.0", "2.0.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-alpha"),
        ("1.2.3", "1.2.3 1.2.3+build", "1.2.4 1.2.3-alpha"),
        ("=1.2.3", "1.2.3", "1.2.4"),
        ("1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"),
        (">=1.2 <2", "1.2.0 1.9.9", "2.0.0 1.1.9 2.0.0-alpha"),
        (">= 1.2.3  < 2", "1.2.3", "1.2.2"),
        (">1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9 0.0.1", "1.3.0"),
        (">1.2.3-alpha.3", "1.2.3-alpha.7 1.2.3 3.4.5", "3.4.5-alpha.9 1.2.3-alpha.3"),
        ("1.2.3 - 2.3", "1.2.3 2.3.9", "2.4.0 1.2.2"),
        ("^1.2 || 3.x", "1.5.0 3.1.0", "2.0.0 4.0.0"),
        ("<*", "", "0.0.0 1.0.0"),
    ],
)
def test_a_range_admits_what_npm_says(range_: str, inside: str, outside: str) -> None:
    found = read_range(range_)
    assert [text for text in inside.split() if not found.admits(version(text))] == []
    assert [text for text in outside.split() if found.admits(version(text))] == []


@pytest.mark.parametrize(
    "text", ["", "^", "1.2,3", ">=1.2, <2", "latest", "1.x.3", "1.2 ||", "^^1", "1.2.3 -2", "~>1.2"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(BadRange):
        read_range(text)


NUMBERS = st.tuples(*[st.integers(0, 3)] * 3)


@given(NUMBERS, NUMBERS)
def test_a_caret_keeps_the_first_number_that_is_not_zero(base: tuple[int, ...], other: tuple[int, ...]) -> None:
    admits = read_range("^{}.{}.{}".format(*base)).admits(version("{}.{}.{}".format(*other)))
    first = next((i for i, n in enumerate(base) if n), 2)
    assert admits == (base <= other and base[: first + 1] == other[: first + 1])


@given(st.text(alphabet="0123456789.xX*^~<>=| -+ab", max_size=20))
def test_any_text_is_a_range_or_a_reason(text: str) -> None:
    try:
        range_ = read_range(text)
    except BadRange:
        return
    assert range_.admits(version("1.2.3")) in {True, False}
