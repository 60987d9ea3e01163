"""What is written, in use: absent fields, names that Python cannot have, errors, secrets."""

from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from cellc import python as cell
from cellc.stubs.naming import OF_ERRORS, OF_MODELS
from tests.stubs.conftest import Load


def test_absent_is_not_null(load: Load) -> None:
    model = load("every").Optional
    assert model(b=None).model_dump() == {"b": None}
    assert model.model_validate({"a": None, "b": None}).model_dump() == {"b": None}
    assert model(b="x", c=1).model_dump_json() == '{"b":"x","c":1}'
    with pytest.raises(ValidationError, match="b\n  Field required"):
        model.model_validate({"a": "x"})


def test_the_constructor_takes_names_of_python_and_data_has_those_of_the_language(load: Load) -> None:
    owner = load("every").CardOwner
    made = owner(name="Ada", zip_code="1")
    assert made.model_dump() == {"name": "Ada", "zip-code": "1"}
    assert owner.model_validate({"name": "Ada", "zip-code": "1"}) == made
    assert owner.model_validate_json('{"name": "Ada", "zip-code": "1"}') == made
    with pytest.raises(ValidationError, match="zip_code\n  Extra inputs"):
        owner.model_validate({"name": "Ada", "zip_code": "1"})


def test_every_odd_name_comes_back_as_the_language_has_it(load: Load) -> None:
    odd = load("every").Odd
    names = [info.serialization_alias or name for name, info in odd.model_fields.items()]
    words = (
        "class from None copy json model_dump list str Order content-type 1st _ self cell field field_ name datetime"
    )
    assert names == words.split()


def test_models_do_not_change(load: Load) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load("every").Optional(b=None).b = "x"


def test_an_error_has_its_fields_and_its_full_name(load: Load) -> None:
    every = load("every")
    declined = every.Declined(reason="no money", class_="a")
    assert (declined.name, declined.reason, declined.code) == ("shop.every.Declined", "no money", None)
    assert declined.value() == {"reason": "no money", "class": "a"}
    assert str(declined) == "reason='no money' code=None class_='a'"
    with pytest.raises(ValidationError, match="code"):
        every.Declined(reason="no money", class_="a", code="7")
    assert cell.Unavailable(reason="down").value() == {"reason": "down"}


def test_an_error_may_hold_a_record_that_is_recursive(load: Load) -> None:
    every = load("every")
    item = every.StockItem(sku="a", parts=[every.StockItem(sku="b", parts=[])])
    assert every.StockGone(item=item).value() == {"item": {"sku": "a", "parts": [{"sku": "b", "parts": []}]}}


def test_a_tag_decides_among_records(load: Load) -> None:
    every = load("every")
    request = every.OrderLine.model_validate({"stock": {"sku": "a", "parts": []}, "level": 1})
    assert request.level == 1
    card = {"kind": "card", "number": "12", "owner": {"name": "Ada"}}
    assert isinstance(every.Card.model_validate(card), every.Card)
    with pytest.raises(ValidationError, match="kind"):
        every.Cash.model_validate({"kind": "card", "currency": "EUR"})


def test_a_secret_is_shown_nowhere(load: Load) -> None:
    card = load("every").Card
    made = card(kind="card", number="4111", owner=load("every").CardOwner(name="Ada"))
    assert "4111" not in f"{made!r} {made.model_dump()} {made.model_dump_json()}"
    assert made.number.get_secret_value() == "4111"
    with pytest.raises(ValidationError) as caught:
        card.model_validate({"kind": "card", "number": "4" * 99, "owner": {"name": "Ada"}})
    assert "444" not in str(caught.value)


def test_a_request_knows_its_effect_and_takes_what_the_effect_takes(load: Load) -> None:
    request = load("every").GatewayChargeInput
    made = request(order_id=UUID(int=1), amount=Decimal("0.50"))
    assert made.effect == "shop.every.gateway.charge"
    assert made.model_dump() == {"order_id": UUID(int=1), "amount": Decimal("0.50")}
    with pytest.raises(ValidationError, match="amount"):
        request(order_id=UUID(int=1), amount=Decimal("0.4"))


def test_names_that_models_and_errors_use_are_left_to_them() -> None:
    public = {name for name in dir(cell.Model) if not name.startswith("_")}
    assert {"effect", *public, *(n for n in dir(BaseModel) if not n.startswith("_"))} == OF_MODELS
    assert {name for name in dir(cell.Error) if not name.startswith("_")} | {"name"} == OF_ERRORS


def test_recursive_types_are_read_through_their_tags(load: Load) -> None:
    recursive = load("recursive")
    literal = {"op": "lit", "value": "1'"}
    tree = recursive.ExprAdd.model_validate({"op": "add", "left": literal, "right": {"op": "neg", "of": literal}})
    assert tree.right == recursive.ExprNeg(op="neg", of=recursive.ExprLit(op="lit", value="1'"))
    with pytest.raises(ValidationError, match="left"):
        recursive.ExprAdd.model_validate({"op": "add", "left": {"op": "mul"}, "right": literal})
