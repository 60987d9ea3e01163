"""What happens to the examples: their inputs, and a world that answers them, tells of events and decides tasks.

An `Outside` does a thing once under one key, as services do that know keys: asked again, it answers the same. What it
tells (events, decisions of people) it tells until the run's process has said what became of it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cellc.language.values import to_json
from cellc.runtime.commands import Command, Complete, Signal
from cellc.runtime.ports import Log, Outcome, Request, Result
from tests.runtime.fabric.worlds import AT

EXAMPLES = Path(__file__).parents[2] / "examples"

Tell = Callable[[Log], Command | None]
"""What is told now; None while it is too early for it."""

Answer = Callable[["Outside", Request], Any]
"""What the outside does: a value, or for `http` an HTTP status and a body."""


@dataclass
class Outside:
    """The world of one scenario: what it has done by key, and what is still to be told by name."""

    scenario: "Scenario"
    done: dict[str, tuple[str, Any]] = field(default_factory=dict)
    answers: dict[str, Outcome] = field(default_factory=dict)
    told: dict[str, Tell] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Outcome:
        """Do what is asked, unless it has been done under this key."""
        if request.key not in self.answers:
            self.done[request.key] = (request.effect, to_json(request.input))
            value = self.scenario.answer(self, request)
            self.answers[request.key] = Result(_response(*value) if request.effect.startswith("http.") else value)
        return self.answers[request.key]

    def count(self, effect: str) -> int:
        """Return how often an effect has been done."""
        return sum(done == effect for done, _ in self.done.values())

    def tell(self, name: str, what: Tell) -> None:
        """Tell something, once under this name."""
        if name not in self.known:
            self.known.add(name)
            self.told[name] = what


@dataclass(frozen=True)
class Scenario:
    """An example's program with the words of its input, its world, and how its run ends."""

    program: str
    words: tuple[str, ...]
    answer: Answer
    status: str = "completed"
    end: Any = None


def _response(status: int, body: Any = None) -> dict[str, Any]:
    return {"status": status, "headers": {}, "text": "", "json": body}


def decision(effect: str, data: str) -> Tell:
    """Return the answer to the open task of an effect."""

    def what(log: Log) -> Command | None:
        waits = [wait for wait in log.tasks() if wait.effect == effect]
        return Complete(log.head(waits[0].run).id, waits[0].call, data) if waits else None

    return what


def event(name: str, data: str, id_: str) -> Tell:
    """Return an event that has happened."""
    return lambda _log: Signal(name, data, id_)


def _id(request: Request) -> UUID:
    return UUID(sha256(request.key.encode()).hexdigest()[:32])


# --- their worlds ----------------------------------------------------------------------------------------------------

ID = "00000000-0000-4000-8000-00000000000"


def _hello(_outside: Outside, _request: Request) -> Any:
    return AT


def _orders(_outside: Outside, request: Request) -> Any:
    """The second order is declined, and there is no ABC-0003."""
    match request.effect, request.input:
        case "http.post", {"json": {"order": order, "amount": amount}}:
            if order == UUID(f"{ID}2"):
                return 402, {"reason": "no money"}
            return 200, {"charge_id": f"c-{order}", "amount": to_json(amount)}
        case "sql.execute", {"params": {"sku": sku}}:
            return {"rows": 0 if sku == "ABC-0003" else 1}
        case "random.uuid", _:
            return _id(request)
        case _:
            return None


def _order(number: int, *skus: str) -> str:
    items = ", ".join(f'{{"sku": "{sku}", "qty": {number}, "price": "9.99"}}' for sku in skus)
    return f'{{"id": "{ID}{number}", "email": "a@example.org", "items": [{items}]}}'


def _travel(_outside: Outside, request: Request) -> Any:
    path = request.input["url"].removeprefix("http://x")
    prices = {"/bookings": "700", "/rooms": "450", "/north/offer": "90", "/south/offer": "80", "/east/offer": "120"}
    return 200, {"reference": path.strip("/").partition("/")[0], "price": prices.get(path, "0")}


def _trip(budget: int) -> str:
    dates = '"from": "2026-05-01", "to": "2026-05-04"'
    return f'trip={{"id": "{ID}1", {dates}, "city": "Lyon", "travellers": 2, "budget": "{budget}"}}'


def _polling(outside: Outside, request: Request) -> Any:
    looked = outside.count("http.get")
    if request.effect == "http.post":
        return 200, {"id": "j1", "state": "queued"}
    if looked < 4:
        return 200, {"id": "j1", "state": "running", "progress": looked / 4}
    return 200, {"id": "j1", "state": "done", "url": "https://reports.test/j1"}


def _billing(outside: Outside, request: Request) -> Any:
    """The plan changes after the first payment, and the customer leaves after the third."""
    if request.effect == "log.info":
        return None
    if request.input["url"].endswith("/invoices"):
        number = sum(
            data["url"].endswith("/invoices") for effect, data in outside.done.values() if effect == "http.post"
        )
        return 200, {
            "number": number,
            "amount": request.input["json"]["amount"],
            "due": to_json(AT + timedelta(days=90)),
        }
    changes = {1: '{"kind": "plan", "plan": "team"}', 3: '{"kind": "cancel", "reason": "no use"}'}
    change = changes.get(request.input["json"]["invoice"])
    if change:
        data = f'{{"customer": "{ID}1", "change": {change}}}'
        outside.tell(change, event("billing.subscription.changed", data, change))
    return 200, None


def _etl(_outside: Outside, request: Request) -> Any:
    rows = [f'{{"id": {n}, "email": "a{n}@example.org", "country": "FR", "cents": {n}}}' for n in range(1, 5)]
    match request.effect:
        case "file.read":
            return "\n".join([*rows[:2], '{"id": 0}', "nonsense", *rows[2:]])
        case "sql.execute":
            return {"rows": 1}
        case _:
            return None


def _manager(outside: Outside, _request: Request) -> Any:
    """The manager decides after the second reminder."""
    if outside.count("http.post") == 2:
        outside.tell("decision", decision("approval.ask_manager", '{"approved": true, "comment": "well"}'))
    return 200, None


def _director(outside: Outside, _request: Request) -> Any:
    """Nobody decides until the director is asked."""
    outside.tell("decision", decision("approval.ask_director", '{"approved": false}'))
    return 200, None


EXPENSE = f'expense={{"id": "{ID}1", "by": "ann@example.org", "amount": "99.50", "what": "a chair"}}'


def _fulfil(approved: str) -> Answer:
    """An order with a high risk: a person decides; two parcels are followed to the door."""

    def answer(outside: Outside, request: Request) -> Any:
        if request.effect == "mail.send":
            return None
        url, body = request.input["url"].removeprefix("http://"), request.input.get("json")
        match url.split("/"):
            case ["stock", "holds"]:
                item = '{"sku": "ABC-0001", "qty": 1, "price": "5.00"}'
                parcels = [{"id": f"{ID}{n}", "items": [_parsed(item)]} for n in (4, 5)]
                return 200, {"id": f"{ID}3", "parcels": parcels}
            case ["risk", "score"]:
                outside.tell(
                    "decision", decision("shop.orders.approve", f'{{"approved": {approved}, "reason": "odd"}}')
                )
                return 200, {"score": 0.9}
            case ["gateway", "charges"]:
                return 200, {"charge_id": "c1", "amount": to_json(body["amount"])}
            case ["carrier", "parcels"]:
                return 200, {"tracking": f"T{str(body['id'])[-1]}"}
            case ["carrier", "parcels", tracking]:
                seen = sum(data.get("url") == request.input["url"] for _, data in outside.done.values())
                if seen == 2:
                    data = f'{{"tracking": "{tracking}", "place": "door", "at": "2026-01-02T10:00:00Z"}}'
                    outside.tell(tracking, event("shop.orders.parcel.scanned", data, tracking))
                return 200, {"state": "waiting" if seen == 1 else "moving"}
            case _:
                return 200, None

    return answer


def _parsed(text: str) -> Any:
    return json.loads(text)


_ORDER = (
    f'order={{"id": "{ID}1", "email": "a@example.org", "country": "FR",'
    ' "items": [{"sku": "ABC-0001", "qty": 2, "price": "5.00"}]}'
)

SCENARIOS = {
    "hello": Scenario("hello/hello", ("name=Ada",), _hello),
    "orders": Scenario(
        "orders/orders",
        (f"orders=[{_order(1, 'ABC-0001', 'ABC-0002')}, {_order(2, 'ABC-0001')}, {_order(3, 'ABC-0003')}]",),
        _orders,
    ),
    "travel": Scenario("travel/travel", (_trip(1500),), _travel),
    "travel refused": Scenario("travel/travel", (_trip(1000),), _travel, "failed", "travel.TooExpensive"),
    "polling": Scenario("polling/polling", ("month=2026-02-01",), _polling),
    "billing": Scenario(
        "billing/billing",
        (f'customer={{"id": "{ID}1", "email": "a@example.org", "plan": "basic", "seats": 2}}',),
        _billing,
    ),
    "etl": Scenario("etl/etl", ("path=in.jsonl", "dead_letters=out.txt"), _etl),
    "approval": Scenario("approval/approval", (EXPENSE,), _manager),
    "approval too late": Scenario("approval/approval", (EXPENSE,), _director),
    "fulfil": Scenario("fulfil/fulfil", (_ORDER,), _fulfil("true")),
    "fulfil refused": Scenario("fulfil/fulfil", (_ORDER,), _fulfil("false"), "failed", "shop.orders.Rejected"),
}
