# One list of commands: people, pre-commit and CI call the same.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install run test lint format bench soak docs schemas diagnostics verdicts migration clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Casewarden needs Python 3.11 to 3.13; set PYTHON=python3.12 or the like."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $(STAMP)

install: $(STAMP) ## the virtual environment with everything that the other commands need

run: $(STAMP) ## watch a sidecar at work beside an invented helpdesk
	@$(BIN)/casewarden demo

test: $(STAMP) lint ## lint, types, import contracts and every test
	$(BIN)/python -m pytest -n auto

lint: $(STAMP) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## format and apply safe fixes
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

schemas: $(STAMP) ## write schemas/ anew from the catalogues in the code
	$(BIN)/casewarden schema --all --to schemas

diagnostics: $(STAMP) ## write docs/diagnostics.md anew from the catalogue of codes
	$(BIN)/python -m casewarden.report.codes_page > docs/diagnostics.md

verdicts: $(STAMP) ## write kit.json of each connector anew, where it keeps all rules of the conformance kit
	$(BIN)/python -m pytest -q -n 0 --casewarden-verdict tests/connectors/*/test_conformance.py

migration: $(STAMP) ## write the next step of the store's tables, from WHAT="..." changed; see docs/decisions/0012
	$(BIN)/python -m casewarden.store.migrations "$(WHAT)"

bench: $(STAMP) ## the figures of docs/performance.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	$(BIN)/python bench/run.py

soak: $(STAMP) ## kill sidecars at random moments, KILLS of them (2,000), and compare every end state
	$(BIN)/python bench/soak.py --kills $(or $(KILLS),2000)

docs: $(STAMP) ## the documentation, built strictly into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean: ## remove what the commands above made
	rm -rf $(VENV) .node site dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
