# A warehouse that runs: `make run`. Everything needs Python 3.11 or newer and make, nothing else.
# This file only names the commands; what they do is in scripts/ and in `wms` itself.

PYTHON ?= python3
PORT ?= 8000
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Tests start the service many times: what was compiled once is kept, whatever the machine prefers.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak venv browser migration lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runs  ## the warehouse with its demo on http://127.0.0.1:8000 (PORT=… for another port); Ctrl-C ends it
	@PORT=$(PORT) $(BIN)/python scripts/run.py

test: $(VENV)/.tests browser  ## every test, on SQLite, on a PostgreSQL of their own, and in a real browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/.tests  ## style, types, and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house

bench: $(VENV)/.tests  ## how fast it is here, on both databases
	$(BIN)/python -m tests.bench

soak: $(VENV)/.tests  ## the stateful machines, the races and the kill test, for long; every published walk; the whole API; all journeys
	$(BIN)/python -m pytest tests/machines tests/routing tests/web/test_whole_api.py tests/stocktake/test_moving_floor.py tests/receiving/test_plans_of_putaway.py tests/journeys --soak

venv: $(VENV)/.tests  ## the environment, with what the tests need

browser:
	@sh scripts/get_browser.sh

migration: $(VENV)/.tests  ## writes the newest migration's SQL anew from the models (new=shelf_labels begins the next one)
	$(BIN)/python -m scripts.write_migration $(new)

lock: $(VENV)/.tests  ## resolves the dependencies anew and writes down their hashes
	$(PIP) install uv
	$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--upgrade pyproject.toml --group build -o requirements.txt
	$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--upgrade pyproject.toml --group build --group dev -c requirements.txt -o requirements-dev.txt

clean:  ## forgets the environment and what tools remember, keeps var/ with its database
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# -- the environment: made once, looked at again only when what it depends on has changed --------------------------------

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in $(VENV); the first time this takes a minute."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runs: $(VENV)/.made requirements.txt pyproject.toml
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-dev.txt
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
