"""When a failed attempt is made again."""

from cellc.language.graph import Retry

_MICROS = 1_000
_LONGEST = 30 * 24 * 3_600 * 1_000_000
"""The longest wait in microseconds, whoever asks for it: 30 days."""


def retry_due(policy: Retry, at: int, attempt: int, retry_after: float | None, jitter: float) -> int:
    """Return when the attempt after number `attempt` is due, in microseconds since 1970.

    The n-th wait is delay * factor**(n-1), at most max_delay, and moved by up to the policy's jitter either way
    (`jitter` from 0 to 1 says how far). Where the other side asks for more, it gets it.
    """
    try:
        wait = min(policy.delay * policy.factor ** (attempt - 1), policy.max_delay)
    except OverflowError:
        wait = policy.max_delay
    wait *= 1 + policy.jitter * (2 * jitter - 1)
    micros = max(wait * _MICROS, (retry_after or 0) * 1_000_000)
    return at + int(min(micros, _LONGEST))
