"""What surely has a value is found without a search, and only that."""

from hypothesis import given
from hypothesis import strategies as st

from cellc.language.subtype import is_inhabited, plainly_inhabited
from cellc.language.types import Field, List, Named, Never, Record, Type, union
from tests.types.strategies import TABLE, TYPES


@given(st.dictionaries(st.sampled_from(["t.A", "t.B", "t.C"]), TYPES))
def test_what_is_plainly_inhabited_is_inhabited(declared: dict[str, Type]) -> None:
    table = {**TABLE, **declared}
    assert all(is_inhabited(Named(name), table) for name in plainly_inhabited(table))


def test_a_long_chain_of_types_is_plainly_inhabited_and_endless_ones_are_not() -> None:
    chain: dict[str, Type] = {f"t.N{n}": Record((Field("next", Named(f"t.N{n + 1}")),)) for n in range(3000)}
    endless = {"t.E": List(union((Named("t.E"), Never())), 1)}
    assert plainly_inhabited({**chain, "t.N3000": Record(()), **endless}) == {*chain, "t.N3000"}
