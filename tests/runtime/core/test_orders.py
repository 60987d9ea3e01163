"""The example's program, compiled from its text, through the core: every outcome, and a crash at every seam."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.runtime.core.inputs import Completed, Raised
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from tests.runtime.core.driving import World, run

FOLDER = Path(__file__).parents[3] / "examples" / "orders"


@pytest.fixture
def plan(compile_text: Callable[..., Compiled]) -> Plan:
    orders, stock = ((FOLDER / f"{name}.cell.yaml").read_text(encoding="utf-8") for name in ("orders", "stock"))
    compiled = compile_text(orders, path="orders.cell.yaml", stock=stock)
    assert compiled.program is not None
    return prepare(compiled.program)


def order(number, *skus):
    items = [{"sku": sku, "qty": number, "price": Decimal("9.99")} for sku in skus]
    return {"id": UUID(int=number), "email": "a@example.org", "items": items}


def shop(at, call):
    """The second order is declined, and there is no ABC-0003."""
    match call.effect, call.input:
        case "shop.orders.gateway.charge", {"order_id": number, "amount": amount}:
            if number.int == 2:
                return Raised(at, call.call, "shop.orders.Declined", {"reason": "no money"})
            return Completed(at, call.call, {"charge_id": f"c{number.int}", "amount": amount})
        case "shop.stock.take", {"sku": "ABC-0003"}:
            return Raised(at, call.call, "shop.stock.OutOfStock", {"sku": "ABC-0003"})
        case "random.uuid", _:
            return Completed(at, call.call, UUID(int=7))
        case _:
            return Completed(at, call.call, None)


def world(plan, crash_at=()):
    orders = [order(1, "ABC-0001", "ABC-0002"), order(2, "ABC-0001"), order(3, "ABC-0001", "ABC-0003")]
    return World(plan, {"orders": orders}, answer=shop, crash_at=frozenset(crash_at))


def test_every_order_has_its_outcome(plan):
    driver = run(world(plan))
    outcomes = driver.state.outcome.value["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == ["shipped", "declined", "out_of_stock"]
    assert [outcome.get("reason") for outcome in outcomes] == [None, "no money", "no ABC-0003 left"]
    assert driver.state.outcome.value["takings"] == Decimal("19.98")


def test_a_crash_at_any_seam_changes_no_outcome_and_no_key(plan):
    calm = world(plan)
    reference = run(calm)
    for seam in range(1, calm.seams + 1):
        disturbed = world(plan, [seam])
        assert run(disturbed).state.outcome == reference.state.outcome
        assert set(disturbed.performed) == set(calm.performed)
        assert len(disturbed.performed) - len(calm.performed) <= 2
