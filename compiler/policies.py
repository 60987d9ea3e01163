"""What an effect declares about how it is performed: timeout, retry, limits, and what a key is good for.

Retry defaults: 5 attempts, waiting 1 s, 2 s, 4 s, 8 s, at most 60 s, +- 20 %; a `once` effect has one attempt. What an
effect waits for is not performed, so none of this is for it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from msgspec import structs

from cellc.compiler.symbols import STANDARD_ERRORS, EffectSymbol, Names
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Limits, Retry
from cellc.language.span import Span
from cellc.language.text_forms import write_duration

MILLISECOND = timedelta(milliseconds=1)

RETRY = Retry(attempts=5, delay=1_000, factor=2.0, max_delay=60_000, jitter=0.2)
"""What holds where an effect says nothing."""

_PER: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_RATE = re.compile(r"([0-9]{1,9})/([smhd])\Z")


@dataclass(slots=True)
class Policies:
    """Checks the policies of one effect; `base` is the standard effect that performs it, if it names one."""

    effect: EffectSymbol
    base: EffectSymbol | None
    names: Names

    def timeout(self) -> int | None:
        """Return the time limit of one attempt, in milliseconds."""
        return self._positive("timeout", self.effect.decl.timeout)

    def key_lifetime(self, retry: Retry) -> int | None:
        """Return how long the other side knows a key, in milliseconds; report retries that go on longer."""
        written = self.effect.decl.key_lifetime
        lifetime = self._positive("key_lifetime", written)
        if lifetime is None or written is None:
            return None
        if self.effect.delivery in ("read", "once"):
            why = f"a `{self.effect.delivery}` effect is not repeated under a key"
            self._report.add("E423", written.span, name="key_lifetime", why=why)
            return lifetime
        longest = self._longest(retry)
        if longest > lifetime:
            took = write_duration(timedelta(seconds=math.ceil(longest / 1000)))
            known = write_duration(timedelta(milliseconds=lifetime))
            span = self.effect.decl.retry.span if self.effect.decl.retry else self._name_span
            self._report.add("E436", span, effect=self._name, longest=took, lifetime=known)
        return lifetime

    def retry(self) -> Retry:
        """Return how the effect is retried."""
        written, once = self.effect.decl.retry, self.effect.delivery == "once"
        if written is None:
            return structs.replace(RETRY, attempts=1) if once else RETRY
        if once:
            delivery = self.effect.decl.delivery
            labels = (Label(delivery.span, "said here"),) if delivery else ()
            self._report.add("E407", written.span, labels=labels, effect=self._name)
        self._check_delays(written)
        return Retry(
            attempts=RETRY.attempts if written.attempts is None else written.attempts,
            delay=RETRY.delay if written.delay is None else written.delay.value // MILLISECOND,
            factor=RETRY.factor if written.factor is None else float(written.factor),
            max_delay=RETRY.max_delay if written.max_delay is None else written.max_delay.value // MILLISECOND,
            jitter=RETRY.jitter if written.jitter is None else float(written.jitter),
            on=sorted({*self._retried(written)}),
        )

    def limits(self) -> Limits | None:
        """Return how many calls there may be at once, and in a time."""
        written = self.effect.decl.limits
        if written is None:
            return None
        rate = _RATE.match(written.rate.text) if written.rate else None
        if rate is None:
            return Limits(concurrency=written.concurrency)
        if int(rate[1]) == 0 and written.rate:
            help_ = "for one every ten seconds write `6/m`"
            self._report.add("E409", written.rate.span, name="rate", expected="at least 1", help=help_)
        return Limits(concurrency=written.concurrency, rate=int(rate[1]), per=_PER[rate[2]])

    def refuse_for_waits(self) -> None:
        """Report policies of an effect that a run waits for: nothing is performed, so they are for nothing."""
        decl = self.effect.decl
        given = {
            "key": decl.key,
            "key_lifetime": decl.key_lifetime,
            "probe": decl.probe,
            "timeout": decl.timeout,
            "retry": decl.retry,
            "limits": decl.limits,
        }
        for name, value in given.items():
            if value is not None:
                why = "nothing is performed, the run waits; `within` at the call limits how long"
                self._report.add("E423", value.span, name=name, why=why)
        for ident in decl.errors:
            why = "nothing is performed, the run waits"
            help_ = "`within` at the call raises `Timeout`"
            self._report.add("E413", ident.span, effect=self._name, error=ident.text, why=why, help=help_)

    # --- parts ---

    @property
    def _name(self) -> str:
        return self.effect.decl.name.text

    @property
    def _name_span(self) -> Span:
        return self.effect.decl.name.span

    @property
    def _report(self) -> Report:
        return self.names.report

    def _positive(self, name: str, limit: ast.Duration | None) -> int | None:
        if limit is None:
            return None
        if limit.value <= timedelta():
            self._report.add("E409", limit.span, name=name, expected="longer than nothing", help="")
        return limit.value // MILLISECOND

    def _check_delays(self, written: ast.RetryDecl) -> None:
        longest = RETRY.max_delay * MILLISECOND if written.max_delay is None else written.max_delay.value
        if written.delay is None or written.delay.value <= longest:
            return
        help_ = "" if written.max_delay else f"by default it is {write_duration(longest)}"
        expected = f"at least as long as `delay`, {write_duration(written.delay.value)}"
        span = (written.max_delay or written.delay).span
        self._report.add("E409", span, name="max_delay", expected=expected, help=help_)

    def _retried(self, written: ast.RetryDecl) -> Iterator[str]:
        """Yield the declared errors that are retried too."""
        self.names.refuse_repeats(written.on)
        declared = [self.names.shown(e) for e in self.effect.errors if e not in STANDARD_ERRORS]
        for ident in written.on:
            error = self.names.error(ident)
            if error is None:
                continue
            if error.name in STANDARD_ERRORS:
                help_ = "transient failures are retried without being named"
                why = "in `retry.on` stand declared errors"
                self._report.add("E413", ident.span, effect=self._name, error=ident.text, why=why, help=help_)
            elif error.name not in self.effect.errors and not self.effect.doubtful:
                near = suggest.hint(ident.text, declared, "add it there")
                label = Label(self._name_span, "declared here")
                self._report.add("E412", ident.span, labels=(label,), effect=self._name, error=ident.text, near=near)
            elif error.name in self.effect.errors:
                yield error.name

    def _longest(self, retry: Retry) -> float:
        """Return how long all attempts and the waits between them may take, in milliseconds."""
        limit = self.effect.decl.timeout or (self.base.decl.timeout if self.base else None)
        waits = _sum_of_waits(retry.attempts - 1, min(retry.delay, retry.max_delay), retry.factor, retry.max_delay)
        return retry.attempts * (limit.value / MILLISECOND if limit else 0) + waits * (1 + retry.jitter)


def _sum_of_waits(count: int, delay: float, factor: float, most: float) -> float:
    """Return the sum of `count` waits that grow by `factor` up to `most`."""
    if delay <= 0 or factor <= 1:
        return count * max(delay, 0)
    growing = min(count, 1 + math.floor(math.log(most / delay) / math.log(factor)))
    return delay * (factor**growing - 1) / (factor - 1) + (count - growing) * most
