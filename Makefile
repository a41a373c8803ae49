# Everything here works from a fresh clone with Python 3.11 or newer; `make` lists the targets.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check format mutants coverage bench score lro screenshots image services clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.ready ## Broker, simulated plants, monitor and API in one go; ARGS="--speed 60 --headless"
	@$(BIN)/tolich demo $(ARGS)

test: .venv/.ready ## Run the tests and list what was skipped; ARGS="-k silence"
	@$(BIN)/python -m pytest -rs -n auto $(ARGS)

check: .venv/.ready ## Linter, formatter, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/meta

format: .venv/.ready ## Format the source and put imports in order
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

mutants: .venv/.ready ## Put faults into rules/ one by one: each must fail a test; ARGS="--only near"
	@$(BIN)/python -m tests.mutants $(ARGS)

coverage: .venv/.ready ## Branch coverage of rules/ by its own tests: all of it, or it fails
	@$(BIN)/python -m pytest -q tests/rules --cov=rules --cov-branch \
	    --cov-report=term-missing:skip-covered --cov-fail-under=100

bench: .venv/.ready ## Measure throughput, latency and memory; ARGS passes options
	@$(BIN)/python -m tests.bench $(ARGS)

score: .venv/.ready ## Run 100 simulated stations x 35 days and score the monitor; ARGS="rain --days 2"
	@$(BIN)/python -m tests.score $(ARGS)

lro: .venv/.ready ## Compare the quality checks with a simple baseline on labelled river water
	@$(BIN)/python -m tests.lro $(ARGS)

screenshots: .venv/.ready ## Every page of the console as pictures; ARGS="--to build/pictures"
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

image: ## Build the image and bring the compose file's services up with podman; as root, on Debian
	@deploy/image.sh

services: ## Install the Debian packages that the tests against real servers need
	@.ci/services

clean: ## Remove the environment and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build tolich.egg-info

# The environment is made again whenever the lock or the project's description is newer.
.venv/.ready: requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	    echo "tolich needs Python 3.11 or newer, and there is no $(PYTHON) here." \
	         "Install it, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "tolich needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
	         "Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make environments here." \
	         "On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Preparing .venv (once; a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --no-build-isolation --editable .
	@touch $@
