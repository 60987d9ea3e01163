# Everything starts from nothing: with only Python 3.11 or newer on the machine, every target makes what it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FORMATTED := cellc compiler language runtime stdlib_effects grammar examples tests benchmarks
PROGRAMS := examples stdlib_effects

.PHONY: test demo test-all checks golden fmt

test: checks
	$(BIN)/pytest -q -n auto -m "not slow"

demo: $(STAMP)
	@$(BIN)/python examples/orders/demo.py

test-all: checks
	$(BIN)/pytest -q -n auto

checks: $(STAMP)
	$(BIN)/ruff format --check $(FORMATTED)
	$(BIN)/ruff check $(FORMATTED)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cellc fmt --check $(PROGRAMS)

golden: $(STAMP)
	$(BIN)/pytest -q -m "not slow" --update-golden

fmt: $(STAMP)
	$(BIN)/ruff check --fix-only $(FORMATTED)
	$(BIN)/ruff format $(FORMATTED)
	$(BIN)/cellc fmt $(PROGRAMS)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
