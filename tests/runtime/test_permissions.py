"""Which standard effects patterns let through."""

import pytest

from cellc.runtime.permissions import Permissions


@pytest.mark.parametrize("effect", ["process.run", "python.call"])
def test_code_of_this_machine_is_allowed_by_its_name_only(effect: str) -> None:
    module = effect.partition(".")[0]
    for allow in (None, (), ("*",), ("p*",)):
        assert Permissions(allow).denial(effect) is not None
    for allow in ((effect,), (f"{module}.*",), ("*", effect)):
        assert Permissions(allow).denial(effect) is None
        assert Permissions(allow, (effect,)).denial(effect) is not None


@pytest.mark.parametrize("effect", ["event.emit", "human.task", "log.info", "random.uuid", "status.set", "time.sleep"])
def test_what_touches_nothing_outside_needs_no_allowance_and_can_be_denied(effect: str) -> None:
    assert Permissions(()).denial(effect) is None
    assert Permissions(None, (effect,)).denial(effect) is not None


def test_everything_else_is_allowed_unless_there_is_a_list() -> None:
    assert Permissions().denial("sql.execute") is None
    assert Permissions(("sql.query",)).denial("sql.execute") == "only `sql.query` is allowed"
    assert Permissions(()).denial("sql.execute") == "nothing is allowed"
