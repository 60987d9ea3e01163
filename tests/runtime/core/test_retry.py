import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.graph import Retry
from cellc.runtime.core.retry import retry_due

POLICY = Retry(attempts=5, delay=200, factor=2.0, max_delay=1000, jitter=0.2)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "jitter", "millis"),
    [
        (1, None, 0.5, 200),
        (2, None, 0.5, 400),
        (3, None, 0.5, 800),
        (4, None, 0.5, 1000),
        (1, None, 0.0, 160),
        (1, None, 1.0, 240),
        (1, 5.0, 0.5, 5000),
        (4, 0.1, 0.5, 1000),
        (1, 1e12, 0.5, 30 * 24 * 3_600_000),
        (100_000, None, 0.5, 1000),
    ],
)
def test_the_wait_grows_to_its_limit_and_is_moved_by_jitter(attempt, retry_after, jitter, millis):
    assert retry_due(POLICY, 7, attempt, retry_after, jitter) == 7 + millis * 1000


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_no_wait_is_negative_or_beyond_the_jittered_limit(attempt, jitter):
    assert 0 < retry_due(POLICY, 0, attempt, None, jitter) <= 1_200_000
