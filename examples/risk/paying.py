"""An amount is held in parts; when one of them is declined, those before it are released again."""

from decimal import Decimal

import risk

MOST = Decimal(500)


async def pay(inputs: risk.PayInput, fabric: risk.PayFabric) -> risk.PayOutput:
    """Hold an order's total in parts. What has been held is released when the cell, or what it is a part of, fails."""
    order, left, holds = inputs.order, inputs.order.total, list[str]()
    while left > 0:
        part = min(left, MOST)
        held = await fabric.request(
            risk.PaymentsHoldInput(order=order.id, amount=part),
            undo=lambda done: risk.PaymentsReleaseInput(hold=done.hold),
        )
        holds.append(held.hold)
        left -= part
    return risk.PayOutput(holds=holds)
