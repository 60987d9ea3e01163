"""How risky an order is: a function that asks twice at once, and a class that asks one bureau after the other."""

import asyncio
import math
from uuid import UUID

from cellc import python as cell

import risk

BUREAUS = ("north", "south", "east")


async def score(inputs: risk.ScoreInput, fabric: risk.ScoreFabric) -> risk.ScoreOutput:
    """Score an order by a logistic model."""
    order = inputs.order
    known, country = await asyncio.gather(
        history(order.email, fabric), fabric.request(risk.CountryInput(code=order.country))
    )
    weights = {"the country": 8 * country.fraud_rate, "a large order": math.log10(1 + float(order.total)) - 2.5}
    if known is None:
        weights["nothing known of the customer"] = 1.5
    else:
        weights["parcels came back"] = 3.0 * known.returned / max(known.orders, 1)
        weights["a new customer"] = 0.5 if known.orders == 0 else -0.3 * min(known.orders, 5)
    reasons = sorted((reason for reason, weight in weights.items() if weight > 0), key=lambda r: -weights[r])
    return risk.Score(risk=1 / (1 + math.exp(1 - sum(weights.values()))), reasons=reasons)


async def history(email: str, fabric: risk.ScoreFabric) -> risk.HistoryOutput | None:
    """Return what is known of a customer; None when nobody can say."""
    try:
        return await fabric.request(risk.HistoryInput(email=email))
    except cell.Unavailable:
        return None


class SecondLook(risk.SecondLookMachine):
    """Asks bureaus until two agree. Its state is the order and what was said."""

    def __init__(self) -> None:
        self.order = ""
        self.opinions: list[bool] = []

    def execute(self, inputs: risk.SecondLookInput) -> risk.SecondLookStep:
        """Ask the first bureau."""
        self.order = str(inputs.order.id)
        return self.next_request()

    def handle_effect_result(self, result: risk.SecondLookResult) -> risk.SecondLookStep:
        """Ask the next bureau, unless two agree."""
        self.opinions.append(result.fine)
        for fine in (True, False):
            if self.opinions.count(fine) == 2:
                said = zip(BUREAUS, self.opinions, strict=False)
                opinions = [risk.Opinion(bureau=bureau, fine=opinion) for bureau, opinion in said]
                return risk.SecondLookOutput(fine=fine, opinions=opinions)
        return self.next_request()

    def next_request(self) -> risk.BureauAskInput:
        """Return the request to the bureau whose turn it is."""
        return risk.BureauAskInput(bureau=BUREAUS[len(self.opinions)], order=UUID(self.order))

    def state(self) -> cell.JsonValue:
        """Return what is known so far."""
        return {"order": self.order, "opinions": list(self.opinions)}

    def load_state(self, state: cell.JsonValue) -> None:
        """Go on from what was known."""
        match state:
            case {"order": str(order), "opinions": list(opinions)}:
                self.order, self.opinions = order, [bool(opinion) for opinion in opinions]
            case _:
                raise ValueError(f"this is no state of a second look: {state}")
