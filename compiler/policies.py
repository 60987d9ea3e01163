"""What an effect declares about how it is performed: timeout, retry, limits, and what a key is good for.

Retry defaults: 5 attempts, waiting 1 s, 2 s, 4 s, 8 s, at most 60 s, +- 20 %; a `once` effect has one attempt.
"""

from datetime import timedelta

from msgspec import structs

from cellc.compiler.symbols import EffectSymbol, Names
from cellc.language.diagnostics import Label
from cellc.language.graph import Retry

MILLISECOND = timedelta(milliseconds=1)

RETRY = Retry(attempts=5, delay=1_000, factor=2.0, max_delay=60_000, jitter=0.2)
"""What holds where an effect says nothing."""


def timeout_of(effect: EffectSymbol, names: Names) -> int | None:
    """Return the time limit of one attempt, in milliseconds."""
    limit = effect.decl.timeout
    if limit is None:
        return None
    if limit <= timedelta():
        names.report.add("E409", effect.decl.name.span, name="timeout", expected="longer than nothing", help="")
    return limit // MILLISECOND


def retry_of(effect: EffectSymbol, names: Names) -> Retry:
    """Return how the effect is retried."""
    written, once = effect.decl.retry, effect.delivery == "once"
    if written is None:
        return structs.replace(RETRY, attempts=1) if once else RETRY
    if once:
        labels = (Label(effect.decl.delivery.span, "said here"),) if effect.decl.delivery else ()
        names.report.add("E407", written.span, labels=labels, effect=effect.decl.name.text)
    return Retry(
        attempts=RETRY.attempts if written.attempts is None else written.attempts,
        delay=RETRY.delay if written.delay is None else written.delay // MILLISECOND,
        factor=RETRY.factor if written.factor is None else float(written.factor),
        max_delay=RETRY.max_delay if written.max_delay is None else written.max_delay // MILLISECOND,
        jitter=RETRY.jitter if written.jitter is None else float(written.jitter),
    )
