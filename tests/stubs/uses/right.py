"""A handler, a function and a class that fit what is declared: a type checker says nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import every

from cellc import python as cell


class Gateway(every.Handlers):
    async def gateway_charge(self, inputs: every.GatewayChargeInput, call: cell.Call) -> every.GatewayChargeOutput:
        if inputs.amount > Decimal(500):
            raise every.Declined(reason="too much", class_="money")
        return every.GatewayChargeOutput(charge_id=call.key, at=datetime(2026, 1, 1, tzinfo=UTC))

    async def gateway_refund(self, inputs: every.GatewayRefundInput, call: cell.Call) -> None:
        raise cell.Unknown(reason=f"{inputs.charge_id} {call.attempt}")

    async def list_(self, inputs: every.ListInput, call: cell.Call) -> every.ListOutput:
        return [f"ABC-1{call.attempt}00"]


handlers: every.Handlers = Gateway()


def request(inputs: every.ScoreInput) -> every.GatewayChargeInput:
    return every.GatewayChargeInput(order_id=UUID(int=inputs.order.level), amount=Decimal(5))


async def score(inputs: every.ScoreInput, fabric: every.ScoreFabric) -> every.ScoreOutput:
    try:
        charge = await fabric.request(
            request(inputs), undo=lambda done: every.GatewayRefundInput(charge_id=done.charge_id)
        )
    except every.Declined as declined:
        return 0 if declined.code is None else declined.code / 100
    level: int = await fabric.request(every.StockTakeInput(item=inputs.order.stock))
    await fabric.save_state({"level": level, "run": fabric.context.run})
    await fabric.request(every.LogInfoInput(message=charge.charge_id))
    return 1.0 if level else 0.5


function: every.ScoreFunction = score


class Score(every.ScoreMachine):
    level = 0

    def execute(self, inputs: every.ScoreInput) -> every.ScoreStep:
        return request(inputs)

    def handle_effect_result(self, result: every.ScoreResult) -> every.ScoreStep:
        if isinstance(result, every.GatewayChargeOutput):
            return every.LogInfoInput(message=result.charge_id)
        if isinstance(result, every.Declined):
            raise result
        return 0.5

    def state(self) -> cell.JsonValue:
        return self.level

    def load_state(self, state: cell.JsonValue) -> None:
        assert isinstance(state, int)
        self.level = state


machine: every.ScoreMachine = Score()


def paid(payment: every.Payment) -> str:
    return payment.currency if payment.kind == "cash" else payment.number.get_secret_value()


tree = every.Tree(value=1, children=[every.Tree(value=2, children=[])])
nested: every.Nested = [[], [[]]]
term: every.Term = every.Term2(apply="f", to=["x", every.Term2(apply="g", to=[])])
odd = every.Optional(b=None, c=3)
