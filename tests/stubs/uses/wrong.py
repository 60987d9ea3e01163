"""Wrong uses: each line with a code is a mistake that a type checker finds."""

from decimal import Decimal
from uuid import UUID

import every

from cellc import python as cell


class Gateway(every.Handlers):
    async def gateway_charge(self, inputs: every.GatewayChargeInput, call: cell.Call) -> every.GatewayChargeOutput:
        inputs.amont  # error: attr-defined
        raise every.Declined(reason=1, class_="money")  # error: arg-type

    async def gateway_refund(self, inputs: every.GatewayRefundInput, call: cell.Call) -> int:  # error: override
        return 1


Gateway()  # error: abstract


class Loose:
    async def gateway_charge(self, inputs: every.GatewayChargeInput, call: cell.Call) -> every.GatewayChargeOutput:
        return every.GatewayChargeOutput(charge_id="1")  # error: call-arg


handlers: every.Handlers = Loose()  # error: assignment


async def score(inputs: every.ScoreInput, fabric: every.ScoreFabric) -> every.ScoreOutput:
    await fabric.request(every.ListInput())  # error: call-overload
    await fabric.request(every.LogInfoInput(message=1))  # error: arg-type
    await fabric.request(
        every.GatewayChargeInput(order_id=UUID(int=1), amount=Decimal(1)),
        undo=lambda done: every.GatewayRefundInput(charge_id=done.id),  # error: attr-defined
    )
    item = every.StockItem(sku="a", parts=[])
    await fabric.request(every.StockTakeInput(item=item), undo=str)  # error: arg-type
    return "high"  # error: return-value


async def text(inputs: every.ScoreInput, fabric: every.ScoreFabric) -> str:
    return ""


function: every.ScoreFunction = text  # error: assignment


class Score(every.ScoreMachine):
    def execute(self, inputs: every.ScoreInput) -> every.ScoreStep:
        return every.ListInput()  # error: return-value

    def handle_effect_result(self, result: every.GatewayChargeOutput) -> every.ScoreStep:  # error: override
        return 1

    def state(self) -> cell.JsonValue:
        return None


Score()  # error: abstract


def paid(payment: every.Payment) -> str:
    return payment.currency  # error: union-attr


colour: every.Colour = "purple"  # error: assignment
tree = every.Tree(value="1", children=[])  # error: arg-type
optional = every.Optional(c=3)  # error: call-arg
gift: str = every.Optional(b=None).a  # error: assignment
odd: every.Nested = [[1]]  # error: list-item
