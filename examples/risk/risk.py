# Written by `cellc gen python risk.cell.yaml`: change that file, not this one.
# sha256: 43cd89ab8464b0c3fb2450ef5ccae1a92d4f66f5713cdb711eb5619515485bc0
"""This is what `shop.risk` declares, version 1.0.0.

An order is scored, and looked at again where it is not clear, by code in Python; then it is paid for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Protocol, TypeAlias, overload

from cellc import python as cell
from pydantic import Field

# --- types ---

Country: TypeAlias = Annotated[str, cell.Pattern("[A-Z]{2}")]


class Order(cell.Model):
    """The record `shop.risk.Order`."""

    id: cell.UUID
    email: cell.Email
    country: Country
    total: Annotated[cell.Decimal, Field(ge=0)]


class Score(cell.Model):
    """The record `shop.risk.Score`."""

    risk: Annotated[cell.Float, Field(ge=0, le=1)]
    reasons: list[str]


class Opinion(cell.Model):
    """The record `shop.risk.Opinion`."""

    bureau: str
    fine: bool


# --- errors ---


class Declined(cell.Error):
    """The error `shop.risk.Declined`."""

    name = "shop.risk.Declined"

    reason: str


class Refused(cell.Error):
    """The error `shop.risk.Refused`."""

    name = "shop.risk.Refused"

    order: cell.UUID
    reasons: list[str]


# --- effects ---


class HistoryInput(cell.Request):
    """A request for `shop.risk.history`."""

    effect = "shop.risk.history"

    email: cell.Email


class HistoryOutput(cell.Model):
    """What `shop.risk.history` gives."""

    orders: Annotated[int, Field(ge=0)]
    returned: Annotated[int, Field(ge=0)]


class CountryInput(cell.Request):
    """A request for `shop.risk.country`."""

    effect = "shop.risk.country"

    code: Country


class CountryOutput(cell.Model):
    """What `shop.risk.country` gives."""

    fraud_rate: Annotated[cell.Float, Field(ge=0, le=1)]


class BureauAskInput(cell.Request):
    """A request for `shop.risk.bureau.ask`."""

    effect = "shop.risk.bureau.ask"

    bureau: str
    order: cell.UUID


class BureauAskOutput(cell.Model):
    """What `shop.risk.bureau.ask` gives."""

    fine: bool


class PaymentsHoldInput(cell.Request):
    """A request for `shop.risk.payments.hold`."""

    effect = "shop.risk.payments.hold"

    order: cell.UUID
    amount: Annotated[cell.Decimal, Field(ge=0)]


class PaymentsHoldOutput(cell.Model):
    """What `shop.risk.payments.hold` gives."""

    hold: str


class PaymentsReleaseInput(cell.Request):
    """A request for `shop.risk.payments.release`."""

    effect = "shop.risk.payments.release"

    hold: str


class Handlers(Protocol):
    """What performs the effects of `shop.risk`."""

    @abstractmethod
    async def history(self, inputs: HistoryInput, call: cell.Call) -> HistoryOutput:
        """Perform `history`.

        Raises cell.Unavailable.
        """

    @abstractmethod
    async def country(self, inputs: CountryInput, call: cell.Call) -> CountryOutput:
        """Perform `country`."""

    @abstractmethod
    async def bureau_ask(
        self,
        inputs: BureauAskInput,
        call: cell.Call,
    ) -> BureauAskOutput:
        """Perform `bureau.ask`."""

    @abstractmethod
    async def payments_hold(
        self,
        inputs: PaymentsHoldInput,
        call: cell.Call,
    ) -> PaymentsHoldOutput:
        """Perform `payments.hold`.

        Raises Declined.
        """

    @abstractmethod
    async def payments_release(
        self,
        inputs: PaymentsReleaseInput,
        call: cell.Call,
    ) -> None:
        """Perform `payments.release`."""


# --- cells ---


class ScoreInput(cell.Model):
    """What `shop.risk.score` takes.

    How risky an order is, from what is known of its customer and country.
    """

    order: Order


ScoreOutput: TypeAlias = Score

ScoreRequest: TypeAlias = HistoryInput | CountryInput

ScoreResult: TypeAlias = HistoryOutput | CountryOutput | cell.Unavailable

ScoreStep: TypeAlias = ScoreRequest | ScoreOutput


class ScoreFabric(cell.Fabric, Protocol):
    """What a function that is the cell `shop.risk.score` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    @overload
    async def request(
        self,
        request: HistoryInput,
        *,
        undo: Callable[[HistoryOutput], ScoreRequest] | None = None,
    ) -> HistoryOutput:
        """Perform `shop.risk.history`.

        Raises cell.Unavailable.
        """
        ...

    @overload
    async def request(
        self,
        request: CountryInput,
        *,
        undo: Callable[[CountryOutput], ScoreRequest] | None = None,
    ) -> CountryOutput:
        """Perform `shop.risk.country`."""
        ...


class ScoreFunction(Protocol):
    """The cell `shop.risk.score` as a function.

    It is replayed over recorded results.
    """

    async def __call__(self, inputs: ScoreInput, fabric: ScoreFabric) -> ScoreOutput:
        """Return the output."""
        ...


class ScoreBlockingFabric(cell.BlockingFabric, Protocol):
    """What a plain `def` that is the cell `shop.risk.score` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    @overload
    def request(
        self,
        request: HistoryInput,
        *,
        undo: Callable[[HistoryOutput], ScoreRequest] | None = None,
    ) -> HistoryOutput:
        """Perform `shop.risk.history`.

        Raises cell.Unavailable.
        """
        ...

    @overload
    def request(
        self,
        request: CountryInput,
        *,
        undo: Callable[[CountryOutput], ScoreRequest] | None = None,
    ) -> CountryOutput:
        """Perform `shop.risk.country`."""
        ...


class ScoreMachine(ABC):
    """The cell `shop.risk.score` as a class.

    Its state is kept between its steps.
    """

    @abstractmethod
    def execute(self, inputs: ScoreInput) -> ScoreStep:
        """Return the first request, or the output."""

    @abstractmethod
    def handle_effect_result(self, result: ScoreResult) -> ScoreStep:
        """Take what the last request came to; return the next one, or the output."""

    @abstractmethod
    def state(self) -> cell.JsonValue:
        """Return what `load_state` needs to go on from here."""

    @abstractmethod
    def load_state(self, state: cell.JsonValue) -> None:
        """Go on from a state that `state` has given."""


class SecondLookInput(cell.Model):
    """What `shop.risk.second_look` takes.

    Asks one bureau after the other, until two agree.
    """

    order: Order


class SecondLookOutput(cell.Model):
    """What `shop.risk.second_look` gives."""

    fine: bool
    opinions: list[Opinion]


SecondLookRequest: TypeAlias = BureauAskInput

SecondLookResult: TypeAlias = BureauAskOutput

SecondLookStep: TypeAlias = SecondLookRequest | SecondLookOutput


class SecondLookFabric(cell.Fabric, Protocol):
    """What a function that is the cell `shop.risk.second_look` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    async def request(
        self,
        request: BureauAskInput,
        *,
        undo: Callable[[BureauAskOutput], SecondLookRequest] | None = None,
    ) -> BureauAskOutput:
        """Perform `shop.risk.bureau.ask`."""
        ...


class SecondLookFunction(Protocol):
    """The cell `shop.risk.second_look` as a function.

    It is replayed over recorded results.
    """

    async def __call__(
        self,
        inputs: SecondLookInput,
        fabric: SecondLookFabric,
    ) -> SecondLookOutput:
        """Return the output."""
        ...


class SecondLookBlockingFabric(cell.BlockingFabric, Protocol):
    """What a plain `def` that is the cell `shop.risk.second_look` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    def request(
        self,
        request: BureauAskInput,
        *,
        undo: Callable[[BureauAskOutput], SecondLookRequest] | None = None,
    ) -> BureauAskOutput:
        """Perform `shop.risk.bureau.ask`."""
        ...


class SecondLookMachine(ABC):
    """The cell `shop.risk.second_look` as a class.

    Its state is kept between its steps.
    """

    @abstractmethod
    def execute(self, inputs: SecondLookInput) -> SecondLookStep:
        """Return the first request, or the output."""

    @abstractmethod
    def handle_effect_result(self, result: SecondLookResult) -> SecondLookStep:
        """Take what the last request came to; return the next one, or the output."""

    @abstractmethod
    def state(self) -> cell.JsonValue:
        """Return what `load_state` needs to go on from here."""

    @abstractmethod
    def load_state(self, state: cell.JsonValue) -> None:
        """Go on from a state that `state` has given."""


class PayInput(cell.Model):
    """What `shop.risk.pay` takes.

    Holds the amount in parts of at most 500, all or none of them.
    """

    order: Order


class PayOutput(cell.Model):
    """What `shop.risk.pay` gives."""

    holds: list[str]


PayRequest: TypeAlias = PaymentsHoldInput | PaymentsReleaseInput

PayResult: TypeAlias = PaymentsHoldOutput | Declined | None

PayStep: TypeAlias = PayRequest | PayOutput


class PayFabric(cell.Fabric, Protocol):
    """What a function that is the cell `shop.risk.pay` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    @overload
    async def request(
        self,
        request: PaymentsHoldInput,
        *,
        undo: Callable[[PaymentsHoldOutput], PayRequest] | None = None,
    ) -> PaymentsHoldOutput:
        """Perform `shop.risk.payments.hold`.

        Raises Declined.
        """
        ...

    @overload
    async def request(
        self,
        request: PaymentsReleaseInput,
        *,
        undo: Callable[[None], PayRequest] | None = None,
    ) -> None:
        """Perform `shop.risk.payments.release`."""
        ...


class PayFunction(Protocol):
    """The cell `shop.risk.pay` as a function.

    It is replayed over recorded results.
    """

    async def __call__(self, inputs: PayInput, fabric: PayFabric) -> PayOutput:
        """Return the output.

        Raises Declined.
        """
        ...


class PayBlockingFabric(cell.BlockingFabric, Protocol):
    """What a plain `def` that is the cell `shop.risk.pay` is given.

    `undo` makes of a request's result the request that undoes it.
    """

    @overload
    def request(
        self,
        request: PaymentsHoldInput,
        *,
        undo: Callable[[PaymentsHoldOutput], PayRequest] | None = None,
    ) -> PaymentsHoldOutput:
        """Perform `shop.risk.payments.hold`.

        Raises Declined.
        """
        ...

    @overload
    def request(
        self,
        request: PaymentsReleaseInput,
        *,
        undo: Callable[[None], PayRequest] | None = None,
    ) -> None:
        """Perform `shop.risk.payments.release`."""
        ...


class PayMachine(ABC):
    """The cell `shop.risk.pay` as a class.

    Its state is kept between its steps. Raises Declined.
    """

    @abstractmethod
    def execute(self, inputs: PayInput) -> PayStep:
        """Return the first request, or the output."""

    @abstractmethod
    def handle_effect_result(self, result: PayResult) -> PayStep:
        """Take what the last request came to; return the next one, or the output."""

    @abstractmethod
    def state(self) -> cell.JsonValue:
        """Return what `load_state` needs to go on from here."""

    @abstractmethod
    def load_state(self, state: cell.JsonValue) -> None:
        """Go on from a state that `state` has given."""


class SummaryInput(cell.Model):
    """What `shop.risk.summary` takes.

    Some figures, made by code that takes its time.
    """

    scores: list[Score]


class SummaryOutput(cell.Model):
    """What `shop.risk.summary` gives."""

    average: Annotated[cell.Float, Field(ge=0, le=1)]
    reasons: dict[str, Annotated[int, Field(ge=1)]]


SummaryStep: TypeAlias = SummaryOutput


class SummaryFabric(cell.Fabric, Protocol):
    """What a function that is the cell `shop.risk.summary` is given."""


class SummaryFunction(Protocol):
    """The cell `shop.risk.summary` as a function.

    It is replayed over recorded results.
    """

    async def __call__(
        self,
        inputs: SummaryInput,
        fabric: SummaryFabric,
    ) -> SummaryOutput:
        """Return the output."""
        ...


class SummaryBlockingFabric(cell.BlockingFabric, Protocol):
    """What a plain `def` that is the cell `shop.risk.summary` is given."""


class SummaryMachine(ABC):
    """The cell `shop.risk.summary` as a class.

    Its state is kept between its steps.
    """

    @abstractmethod
    def execute(self, inputs: SummaryInput) -> SummaryStep:
        """Return the output."""

    @abstractmethod
    def state(self) -> cell.JsonValue:
        """Return what `load_state` needs to go on from here."""

    @abstractmethod
    def load_state(self, state: cell.JsonValue) -> None:
        """Go on from a state that `state` has given."""


class AcceptInput(cell.Model):
    """What `shop.risk.accept` takes."""

    orders: Annotated[list[Order], Field(min_length=1, max_length=100)]


class AcceptOutput(cell.Model):
    """What `shop.risk.accept` gives."""

    holds: list[list[str]]
    average: Annotated[cell.Float, Field(ge=0, le=1)]
    reasons: dict[str, Annotated[int, Field(ge=1)]]
