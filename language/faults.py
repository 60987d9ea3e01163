"""What evaluation may cost, and the two ways in which it fails.

An expression is bounded by the size of its inputs. Where one operation could leave that bound (powers, repetition,
ranges, doubling in a loop) the limits below hold, and passing one is a `Fault`: a bug in the user's program, which
stalls the run at that place. A checked cast ends in `Invalid`, an error that a program handles. Nothing else can fail.
"""

MAX_INT_BITS = 8_192
"""Some 2,400 digits: below the length that Python itself refuses to print."""

MAX_TEXT = 16 * 1024 * 1024
"""Characters in a text that an expression builds."""

MAX_ITEMS = 1_000_000
"""Items in a list or map that an expression builds."""

MAX_STEPS = 4_000_000
"""Steps of one evaluation of one expression (see `metering.py`); some two seconds at the worst."""

MAX_DIGITS = 1_000
"""Digits that `round` and `format` take, either way of the point."""


class Fault(Exception):  # noqa: N818 -- the language's word for it
    """Evaluation cannot go on; `reason` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invalid(Exception):  # noqa: N818 -- the language's name for it
    """A value does not fit the type that it is cast to: the error `Invalid` of the place that evaluates the cast."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def bounded_int(value: int) -> int:
    """Return `value`, or raise Fault when it has too many digits."""
    if value.bit_length() > MAX_INT_BITS:
        raise Fault(f"an integer has more than {MAX_INT_BITS} bits")
    return value


def check_text_length(length: int) -> None:
    """Raise Fault when a text of `length` characters must not be built."""
    if length > MAX_TEXT:
        raise Fault(f"a text would have {length} characters; at most {MAX_TEXT} are allowed")


def check_item_count(count: int) -> None:
    """Raise Fault when a list or map of `count` items must not be built."""
    if count > MAX_ITEMS:
        raise Fault(f"a list or map would have {count} items; at most {MAX_ITEMS} are allowed")
