"""From an effect's inputs to a request and from an answer to an outcome, without a fabric."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cellc.language.graph import (
    FORMAT,
    Binding,
    CallsGraph,
    CallsInfo,
    CallsNode,
    Edge,
    Effect,
    ErrorMapping,
    Program,
    Retry,
)
from cellc.runtime.binding import Bindings
from cellc.runtime.environment import Environment, Missing, missing
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, Transient

RETRY = Retry(attempts=1, delay=0, factor=1, max_delay=0, jitter=0)
ORDER = UUID(int=7)
INPUTS = {"order": ORDER, "amount": Decimal("12.50")}
SECRET = "s3cr3t/token"  # noqa: S105 -- of this test

POST = Effect(
    name="http.post",
    input=["record", [["json", "json", True], ["headers", ["map", "string"], True], ["url", "string"]]],
    output=["record", [["json", "json"], ["status", "int"], ["text", "string"]]],
    delivery="idempotent",
    retry=RETRY,
    timeout=30_000,
    binding=Binding(handler="http.post"),
    contract="",
)

CONFIG = [
    "record",
    [
        ["url", ["format", [["field", ["var", "env"], "URL"], ["lit", "/charges"]]]],
        ["headers", ["record", [["Authorization", ["field", ["var", "secret"], "TOKEN"]]]]],
        ["json", ["record", [["order", ["var", "order"]], ["amount", ["var", "amount"]], ["key", ["var", "key"]]]]],
    ],
]
IS_402 = ["cmp", [["field", ["var", "response"], "status"], "==", ["lit", 402]]]
REASON = ["field", ["field", ["var", "response"], "json"], "reason"]

CHARGE = Effect(
    name="shop.charge",
    input=["record", [["amount", "decimal"], ["order", "uuid"]]],
    output=["record", [["amount", "decimal"], ["charge_id", "string"]]],
    errors=["shop.Declined"],
    delivery="idempotent",
    retry=RETRY,
    binding=Binding(
        handler="http.post",
        config=CONFIG,
        errors=[ErrorMapping(error="shop.Declined", match=IS_402, fields={"reason": REASON})],
        env=["URL"],
        secrets=["TOKEN"],
    ),
    contract="",
)

ENVIRONMENT = Environment({"URL": "http://pay", "TOKEN": SECRET})


def program_of(*effects: Effect) -> Program:
    calls = CallsGraph(
        graph=CallsInfo(module="shop"),
        nodes=[CallsNode(id="shop.main", kind="cell"), *(CallsNode(id=e.name, kind="effect") for e in effects)],
        edges=[Edge(source="shop.main", target=e.name, key=0, kind="call") for e in effects],
    )
    return Program(
        format=FORMAT,
        edition=1,
        module="shop",
        version="1.0.0",
        main="shop.main",
        types={},
        errors={"shop.Declined": ["record", [["reason", "string"]]]},
        effects={e.name: e for e in (*effects, POST)},
        cells={},
        calls=calls,
        spans={},
    )


class JsonBody:
    """Stands for a handler whose payload is the JSON of a 2xx answer."""

    async def perform(self, request: Request) -> Outcome:
        raise NotImplementedError

    def payload(self, response: Any) -> Outcome:
        return Result(response["json"]) if response["status"] < 300 else Permanent("not 2xx", response)

    async def close(self) -> None:
        raise NotImplementedError


def came_back(came: Outcome, effect: Effect = CHARGE) -> Outcome:
    return Bindings(program_of(effect), ENVIRONMENT).get(effect.name).outcome(INPUTS, came, JsonBody())


def answer(status: int, json: Any) -> Mapping[str, Any]:
    return {"status": status, "json": json, "text": ""}


def test_a_request_is_made_of_inputs_key_environment_and_secrets():
    assert Bindings(program_of(CHARGE), ENVIRONMENT).get("shop.charge").request(INPUTS, "k-1", 3) == Request(
        effect="http.post",
        input={
            "url": "http://pay/charges",
            "headers": {"Authorization": SECRET},
            "json": {"order": str(ORDER), "amount": "12.50", "key": "k-1"},
        },
        key="k-1",
        attempt=3,
        timeout=30.0,
    )


def test_an_input_that_does_not_fit_is_permanent_and_shows_no_secret():
    binding = Binding(
        handler="http.post", config=["record", [["url", ["list", [["field", ["var", "secret"], "TOKEN"]]]]]]
    )
    effect = Effect(name="shop.bad", input=["record", []], delivery="read", retry=RETRY, binding=binding, contract="")
    refused = Bindings(program_of(effect), ENVIRONMENT).get("shop.bad").request({}, "k", 1)
    assert refused == Permanent("the binding gives http.post an input that does not fit: url must be string")


def test_the_payload_is_read_as_the_declared_type_and_extra_fields_are_dropped():
    body = {"charge_id": "c-1", "amount": Decimal("0.1"), "more": {"x": 1}}
    assert came_back(Result(answer(201, body))) == Result({"charge_id": "c-1", "amount": Decimal("0.1")})
    body["amount"] = "0.1"
    assert came_back(Result(answer(201, body))) == Result({"charge_id": "c-1", "amount": Decimal("0.1")})


def test_a_payload_that_does_not_fit_is_permanent_and_names_the_places():
    outcome = came_back(Result(answer(200, {"charge_id": 5})))
    assert isinstance(outcome, Permanent)
    assert "amount: expected decimal, found nothing" in outcome.reason
    assert "charge_id: expected string, found 5" in outcome.reason


@pytest.mark.parametrize("kind", [Result, lambda response: Transient("busy", response)])
def test_a_declared_error_is_found_in_what_came_back(kind: Any):
    assert came_back(kind(answer(402, {"reason": "no funds"}))) == Raised("shop.Declined", {"reason": "no funds"})


def test_an_error_whose_fields_do_not_fit_is_permanent():
    assert isinstance(came_back(Result(answer(402, {"reason": 5}))), Permanent)


def test_what_matches_no_error_keeps_its_meaning():
    busy = Transient("busy", answer(503, None), retry_after=7)
    assert came_back(busy) == busy
    assert came_back(Transient("no connection")) == Transient("no connection")
    assert came_back(Result(answer(404, None))) == Permanent("not 2xx", answer(404, None))


def test_an_error_that_a_handler_names_gets_its_full_name():
    assert came_back(Raised("Declined", {"reason": "r"})) == Raised("shop.Declined", {"reason": "r"})
    assert isinstance(came_back(Raised("Other", {})), Permanent)


def test_secrets_leave_in_no_outcome():
    for came in (
        Result(answer(200, {"charge_id": f"for {SECRET}", "amount": "1"})),
        Result(answer(200, {"charge_id": {SECRET: 1}})),
        Result(answer(402, {"reason": f"bad {SECRET}"})),
        Raised("Declined", {"reason": SECRET}),
        Transient(f"GET /?token={SECRET.replace('/', '%2F')}", {"status": 500, "text": SECRET}),
        Permanent(SECRET, {SECRET: [SECRET]}),
    ):
        outcome = came_back(came)
        assert "***" in repr(outcome)
        assert SECRET not in repr(outcome)
        assert SECRET.replace("/", "%2F") not in repr(outcome)


def test_an_effect_without_output_gives_null_whatever_came_back():
    effect = Effect(
        name="shop.tell", input=["record", []], delivery="idempotent", retry=RETRY, binding=CHARGE.binding, contract=""
    )
    assert came_back(Result(answer(200, {"any": 1})), effect) == Result(None)


def test_a_standard_effect_used_directly_passes_its_input_and_its_answer_through():
    now = Effect(
        name="time.now",
        input=["record", []],
        output="datetime",
        delivery="read",
        retry=RETRY,
        binding=Binding(handler="time.now"),
        contract="",
    )
    bound = Bindings(program_of(now), ENVIRONMENT).get("time.now")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert bound.request({}, "k", 1) == Request("time.now", {}, "k", 1, None)
    assert bound.outcome({}, Result(at), JsonBody()) == Result(at)
    assert isinstance(bound.outcome({}, Result("noon"), JsonBody()), Permanent)


def test_what_a_run_can_need_and_is_not_there_is_named_before_it_starts():
    class Nothing:
        def get(self, _effect: str) -> None:
            return None

        async def close(self) -> None:
            raise NotImplementedError

    unbound = Effect(name="shop.other", input=["record", []], delivery="read", retry=RETRY, contract="")
    sleep = Effect(name="time.sleep", input=["record", []], delivery="read", retry=RETRY, wait="timer", contract="")
    found = missing(program_of(CHARGE, unbound, sleep), "shop.main", Nothing(), Environment({"URL": "u"}))
    assert found == (
        Missing("shop.charge", "handler", "http.post"),
        Missing("shop.charge", "secret", "TOKEN"),
        Missing("shop.other", "handler", "shop.other"),
    )
    assert missing(program_of(CHARGE), "shop.elsewhere", Nothing(), Environment({})) == ()


def test_a_secret_may_stand_in_a_file(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("from file\n")
    assert Environment({"TOKEN_FILE": str(file)}).secret("TOKEN") == "from file"
    assert Environment({"TOKEN_FILE": str(file), "TOKEN": "direct"}).secret("TOKEN") == "direct"
    assert Environment({"TOKEN_FILE": str(tmp_path / "none")}).secret("TOKEN") is None
    assert Environment({}).secret("TOKEN") is None


def test_a_secret_that_is_empty_is_none_and_a_short_one_is_refused(tmp_path: Path):
    class Everything:
        def get(self, _effect: str) -> JsonBody:
            return JsonBody()

        async def close(self) -> None:
            raise NotImplementedError

    file = tmp_path / "token"
    file.write_text("\n")
    assert Environment({"TOKEN": ""}).secret("TOKEN") is None
    assert Environment({"TOKEN_FILE": str(file)}).secret("TOKEN") is None
    for token, kinds in (("", ["secret"]), ("1234567", ["short"]), ("12345678", [])):
        environment = Environment({"URL": "http://pay", "TOKEN": token})
        found = missing(program_of(CHARGE), "shop.main", Everything(), environment)
        assert [lack.kind for lack in found] == kinds
