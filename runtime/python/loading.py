"""Finding the class or function that a cell's `python:` names, and whether it can be that cell.

It is looked for where Python looks, then in the folder of the `.cell.yaml` file and in the current folder.
"""

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_type_hints

from cellc.language.graph import Program
from cellc.runtime.python.contract import Contract, Forms, PlainForms
from cellc.runtime.python.failures import brief, shown_path


class Form(Enum):
    """How code is run."""

    COROUTINE = auto()
    """`async def f(inputs, fabric)`: replayed."""
    FUNCTION = auto()
    """`def f(inputs, fabric)`: replayed, in a thread."""
    MACHINE = auto()
    """A class: its state is kept between its steps."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Code that can be a cell. `hash` is of its source."""

    form: Form
    run: Any
    forms: Forms
    hash: str


@dataclass(frozen=True, slots=True)
class Unusable(Exception):  # noqa: N818 -- named for what it says of the code
    """Code that cannot be its cell. `kind`: "import", "attribute" or "signature"."""

    kind: Literal["import", "attribute", "signature"]
    reason: str


def load_code(program: Program, contract: Contract) -> Loaded:
    """Return the code of a cell. Raises Unusable."""
    module_name, _, name = program.cells[contract.cell].graph.python.partition(":")
    for folder in _folders(program, contract.cell):
        if folder not in sys.path:
            sys.path.append(folder)
    found = _attribute(_module(module_name), name)
    form = _form(found, contract)
    return Loaded(form, found, _forms(found, form, contract), _hash(found))


def _folders(program: Program, cell: str) -> list[str]:
    places = program.spans.get(cell, {}).values()
    return [*(str(Path(file).parent.resolve()) for file, *_ in places), str(Path.cwd())]


def _module(name: str) -> ModuleType:
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and (name == problem.name or name.startswith(f"{problem.name}.")):
            raise Unusable("import", f"there is no module {problem.name}") from None
        raise Unusable("import", brief(problem)) from None
    except Exception as problem:  # noqa: BLE001 -- whatever a module of the user's does
        raise Unusable("import", brief(problem)) from None
    except SystemExit as problem:
        raise Unusable("import", brief(problem)) from None


def _attribute(module: ModuleType, name: str) -> Any:
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError:
        raise Unusable("attribute", f"{shown_path(module.__file__ or module.__name__)} has no `{name}`") from None


def _form(found: Any, contract: Contract) -> Form:
    if inspect.isclass(found):
        _check_machine(found, contract)
        return Form.MACHINE
    if not callable(found):
        raise Unusable("signature", f"it is of the type {type(found).__qualname__}: a class or function is needed")
    if inspect.isasyncgenfunction(found) or inspect.isgeneratorfunction(found):
        raise Unusable("signature", "it is a generator: it must not `yield`")
    _takes(found, "it", "(inputs, fabric)", 2)
    is_async = inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(getattr(found, "__call__", None))  # noqa: B004 -- an object that is called
    return Form.COROUTINE if is_async else Form.FUNCTION


def _check_machine(found: type, contract: Contract) -> None:
    methods = {"execute": 1, "state": 0, "load_state": 1}
    if contract.effects:
        methods["handle_effect_result"] = 1
    if hasattr(found, "undo"):
        methods["undo"] = 2
    lacking = [name for name in methods if not callable(getattr(found, name, None))]
    lacking += sorted(getattr(found, "__abstractmethods__", frozenset()) - set(lacking))
    if lacking:
        raise Unusable("signature", f"the class lacks {', '.join(f'`{name}`' for name in lacking)}")
    _takes(found, "the class", "()", 0)
    for name, count in methods.items():
        method = getattr(found, name)
        if inspect.iscoroutinefunction(method):
            raise Unusable("signature", f"`{name}` is `async`: the methods of a class are not")
        _takes(method, f"`{name}`", ("(self)", "(self, value)", "(self, request, result)")[count], count + 1)


def _takes(found: Callable[..., Any], what: str, wanted: str, count: int) -> None:
    try:
        inspect.signature(found).bind(*range(count))
    except ValueError:
        return  # it does not say what it takes
    except TypeError as problem:
        raise Unusable("signature", f"{what} must be callable as {wanted}: {problem}") from None


def _forms(found: Any, form: Form, contract: Contract) -> Forms:
    """Return how the code sees values: as models where its `inputs` are annotated with one."""
    if "cellc.python" not in sys.modules:
        return PlainForms()
    from cellc.runtime.python.models import ModelForms, model_of  # noqa: PLC0415 -- only code with models pays for it

    taking = found.execute if form is Form.MACHINE else found if inspect.isroutine(found) else type(found).__call__
    try:
        hints = get_type_hints(taking, include_extras=True)
    except Exception as problem:  # noqa: BLE001 -- annotations are code
        raise Unusable("signature", f"its annotations cannot be read: {problem}") from None
    names = [name for name in inspect.signature(taking).parameters if name != "self"]
    model = model_of(hints.get(names[0])) if names else None
    if model is None:
        return PlainForms()
    forms = ModelForms(model)
    lacks = forms.lacks(contract.effects)
    if lacks:
        raise Unusable(
            "signature", f"{model.__module__} has no request for {', '.join(lacks)}: write it with `cellc gen python`"
        )
    return forms


def _hash(found: Any) -> str:
    try:
        text = inspect.getsource(found if inspect.isroutine(found) or inspect.isclass(found) else type(found))
    except (OSError, TypeError):
        return "unknown"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
