"""What the modules that `cellc gen python` writes are made of: models, scalars, errors, what a cell in Python is given.

Needs pydantic: `pip install 'cellc[python]'`. Of cellc only what runs such code imports this module too: whoever checks
and runs other programs needs no pydantic.

A model accepts exactly the values of its record type, by the language's own rules, without unknown fields. Two things
are taken as the language takes them where values enter: null for an optional field means that it is absent, and an int
where a float is expected becomes that float. `model_dump()` gives the value back, absent fields left out;
`model_dump_json()` writes it as JSON and `model_validate_json()` reads that. There a decimal with a fraction has to be
text: what reads numbers as binary floats would change it.

Names in the language that Python cannot have (`class`, `content-type`) or that a model uses itself (`copy`) get another
one in Python (`Key`): the constructor takes the Python name, and data has the language's.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from dataclasses import dataclass
from inspect import get_annotations
from typing import (
    Annotated,
    Any,
    ClassVar,
    Protocol,
    TypeAlias,
    dataclass_transform,
    get_type_hints,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    Secret,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
)
from pydantic_core import core_schema

from cellc.language.json_schema import to_json_schema
from cellc.language.json_schema.writing import exported_pattern
from cellc.language.text_forms import FORMS, PATTERNS, full_match
from cellc.language.types import NAMES
from cellc.language.values import Misfit, fits, from_json
from cellc.runtime.ports import Context

__all__ = [
    "UUID",
    "BlockingFabric",
    "Bytes",
    "Call",
    "Context",
    "Date",
    "Datetime",
    "Decimal",
    "Duration",
    "Email",
    "Error",
    "Exhausted",
    "Fabric",
    "Float",
    "Invalid",
    "Json",
    "JsonValue",
    "Key",
    "Model",
    "Only",
    "Pattern",
    "Request",
    "Secret",
    "Time",
    "Timeout",
    "Unavailable",
    "Unknown",
    "Url",
]

# --- scalars ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A scalar that JSON lacks or says otherwise: checked, read and written as the language does."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        form = FORMS.get(self.name)
        write = core_schema.plain_serializer_function_ser_schema(form.write, when_used="json") if form else None
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_plain_validator_function(self._read),
            python_schema=core_schema.no_info_plain_validator_function(self._check),
            serialization=write,
        )

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        return {key: part for key, part in to_json_schema(NAMES[self.name], {}).items() if key != "$schema"}

    def _check(self, value: Any) -> Any:
        problems = fits(value, NAMES[self.name], {})
        if problems:
            raise ValueError(f"expected {problems[0].expected}")
        return value

    def _read(self, data: Any) -> Any:
        try:
            return from_json(data, NAMES[self.name], {})
        except Misfit as misfit:
            raise ValueError(f"expected {misfit.problems[0].expected}") from None


@dataclass(frozen=True, slots=True)
class Pattern:
    """All of the text matches `regex`, by RE2, as in `string(/regex/)`."""

    regex: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        return {**handler(schema), "pattern": exported_pattern(self.regex)}

    def _check(self, value: str) -> str:
        if not full_match(self.regex, value):
            raise ValueError(f"expected text that matches {self.regex}")
        return value


class _Float:
    """A float, or an int that becomes one; pydantic would take whatever has a float, a decimal too."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        if type(value) not in {float, int}:
            raise ValueError("expected float")
        return value


class Only:
    """One of a few values, of exactly their type: to Python and pydantic, 1, 1.0 and True are the same."""

    def __init__(self, *values: float) -> None:
        self._values = values

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        if source is float:  # an int has become one then
            return core_schema.no_info_after_validator_function(self._check, handler(source))
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in self._values):
            raise ValueError(f"expected {' or '.join(map(repr, self._values))}")
        return value


Float: TypeAlias = Annotated[float, _Float()]
Decimal: TypeAlias = Annotated[decimal.Decimal, _Scalar("decimal")]
UUID: TypeAlias = Annotated[uuid.UUID, _Scalar("uuid")]
Bytes: TypeAlias = Annotated[bytes, _Scalar("bytes")]
Date: TypeAlias = Annotated[dt.date, _Scalar("date")]
Time: TypeAlias = Annotated[dt.time, _Scalar("time")]
Datetime: TypeAlias = Annotated[dt.datetime, _Scalar("datetime")]
Duration: TypeAlias = Annotated[dt.timedelta, _Scalar("duration")]
Json: TypeAlias = Annotated[JsonValue, _Scalar("json")]
Email: TypeAlias = Annotated[str, Pattern(PATTERNS["email"])]
Url: TypeAlias = Annotated[str, Pattern(PATTERNS["url"])]


# --- records ---------------------------------------------------------------------------------------------------------


def Key(name: str) -> Any:  # noqa: N802 -- beside `Pattern` and `Only` in an annotation
    """Return the mark of a field that is called `name` in the language, and not so in Python."""
    return Field(validation_alias=name, serialization_alias=name)


class Model(BaseModel):
    """A record type. Optional fields are those with a default, which is None: absent."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        hide_input_in_errors=True,  # it may be secret
        protected_namespaces=(),
    )

    def __init__(self, /, **fields: Any) -> None:
        self.__pydantic_validator__.validate_python(fields, self_instance=self, by_name=True, by_alias=True)

    # Without this mark pydantic would call the constructor for data too, and take Python's names there.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_serializer(mode="wrap")
    def _without_absent(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        for name, info in type(self).model_fields.items():
            if not info.is_required() and getattr(self, name) is None:
                written.pop(name, None)
                written.pop(info.serialization_alias or name, None)
        return written


class Request(Model):
    """A request for an effect: its inputs. `effect` is its full name in the language."""

    effect: ClassVar[str]


# --- errors ----------------------------------------------------------------------------------------------------------


@dataclass_transform(kw_only_default=True, field_specifiers=(Field,))
class Error(Exception):
    """An error of the domain. `name` is its full name in the language; its fields are annotations, as in a `Model`.

    Raises `pydantic.ValidationError` (a ValueError) where it is made with other fields.
    """

    name: ClassVar[str]
    _model: ClassVar[type[Model] | None] = None

    def __init__(self, **fields: Any) -> None:
        self._checked = _model_of(type(self))(**fields)
        for name in type(self._checked).model_fields:
            setattr(self, name, getattr(self._checked, name))
        super().__init__(str(self._checked))

    def value(self) -> dict[str, Any]:
        """Return its fields as a value of the language."""
        return self._checked.model_dump()


def _model_of(error: type[Error]) -> type[Model]:
    """Return the model of an error's fields; made late, when all that its annotations name is there."""
    model = error.__dict__.get("_model")
    if model is None:
        hints = get_type_hints(error, include_extras=True)
        own = {name: hints[name] for name in get_annotations(error)}
        fields: dict[str, Any] = {name: (hint, getattr(error, name, ...)) for name, hint in own.items()}
        model = error._model = create_model(error.__name__, __base__=Model, **fields)  # noqa: SLF001 -- our own
    return model


class Timeout(Error):  # noqa: N818 -- the language's name
    """The deadline of a call is over."""

    name = "Timeout"


class Unavailable(Error):  # noqa: N818 -- the language's name
    """An effect could not be performed, however often it was tried."""

    name = "Unavailable"

    reason: str


class Unknown(Error):  # noqa: N818 -- the language's name
    """It is not known whether an effect happened."""

    name = "Unknown"

    reason: str


class Invalid(Error):  # noqa: N818 -- the language's name
    """A value is not of the type that it was cast to."""

    name = "Invalid"

    reason: str


class Exhausted(Error):  # noqa: N818 -- the language's name
    """Rounds are used up."""

    name = "Exhausted"


# --- what handlers and cells are given -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """Which call a handler performs: `key` is the same for each attempt, after any crash; `attempt` counts from 1.

    `timeout` in seconds is what is left for this attempt, None without one.
    """

    key: str
    attempt: int
    timeout: float | None = None


class Fabric(Protocol):
    """What a cell that is an `async def` is given beside its inputs; `request` is typed by what it may ask for."""

    @property
    def context(self) -> Context:
        """Where it runs."""
        ...

    async def save_state(self, state: JsonValue) -> None:
        """Keep `state` in the run, in place of what was kept before."""
        ...

    async def load_state(self) -> JsonValue:
        """Return what was kept last, None when nothing was."""
        ...


class BlockingFabric(Protocol):
    """What a cell that is a plain `def` is given beside its inputs; `request` is typed by what it may ask for."""

    @property
    def context(self) -> Context:
        """Where it runs."""
        ...

    def save_state(self, state: JsonValue) -> None:
        """Keep `state` in the run, in place of what was kept before."""
        ...

    def load_state(self) -> JsonValue:
        """Return what was kept last, None when nothing was."""
        ...
