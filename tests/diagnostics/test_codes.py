"""The registry of codes against the committed list: a number keeps its meaning for ever."""

from pathlib import Path

from cellc.language.codes import CODES

COMMITTED = Path(__file__).with_name("codes.txt")


def test_no_committed_code_is_missing_or_means_something_else(update_golden: bool) -> None:
    committed = dict(line.split() for line in COMMITTED.read_text(encoding="utf-8").splitlines())
    if update_golden:
        known = {**committed, **{c.code: c.slug for c in CODES.values() if c.code not in committed}}
        COMMITTED.write_text("".join(f"{code} {slug}\n" for code, slug in sorted(known.items())), encoding="utf-8")
        return
    assert {code: CODES[code].slug if code in CODES else "gone" for code in committed} == committed
    assert sorted(CODES.keys() - committed.keys()) == [], "add new codes with --update-golden"


def test_a_number_is_used_once_whatever_its_letter() -> None:
    numbers = [code[1:] for code in CODES]
    assert sorted(numbers) == sorted(set(numbers))


def test_the_letter_of_a_code_is_that_of_its_severity() -> None:
    assert {code.code: code.severity[0].upper() for code in CODES.values()} == {code: code[0] for code in CODES}
