"""Whatever is given to `cellc check`: diagnostics, never a traceback."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.robustness.door import enter, enter_bytes
from tests.robustness.shaped import DOCUMENTS, written
from tests.robustness.tearing import PROGRAMS, torn

BYTES = st.one_of(
    st.binary(max_size=200),
    torn().map(lambda text: text.encode("utf-8", "surrogatepass")),
    torn().map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.builds(lambda text, at, odd: text.encode()[:at] + odd + text.encode()[at:],
              st.sampled_from(PROGRAMS), st.integers(0, 400), st.binary(min_size=1, max_size=3)),
)  # fmt: skip


def sound(text: str) -> str:
    """Return a text that a file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


@given(st.text())
@example("")
@example("\ufeff")
@example("cellc: 1")
def test_any_text_is_told_about(text: str) -> None:
    enter(sound(text))


@settings(max_examples=60)
@given(torn())
def test_a_torn_program_is_told_about(text: str) -> None:
    enter(sound(text))


@settings(max_examples=60)
@given(DOCUMENTS.map(written))
def test_a_document_of_the_right_shape_with_any_text_in_it_is_told_about(text: str) -> None:
    enter(sound(text))


@settings(max_examples=40)
@given(BYTES)
@example(b"\xff\xfe")
@example(b"cellc: 1\0")
def test_any_bytes_are_told_about(data: bytes) -> None:
    enter_bytes(data)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=6_000)
@given(torn())
def test_torn_programs_are_told_about_in_a_long_sweep(text: str) -> None:
    enter(sound(text))


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=3_000)
@given(DOCUMENTS.map(written))
def test_documents_are_told_about_in_a_long_sweep(text: str) -> None:
    enter(sound(text))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, len(PROGRAMS), 100))
def test_every_program_of_the_repository_is_told_about(first: int) -> None:
    for text in PROGRAMS[first : first + 100]:
        enter(text)
