# Tongban (通办). `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
GATEWAY_PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/run.stamp ## Start everything on this machine (SQLite, no server needed) and open for business
	@$(PY) -m deploy.onebox

.PHONY: stack
stack: $(VENV)/test.stamp ## Start the real stack: PostgreSQL, Kafka and every service as a process of its own
	@deploy/system-packages.sh stack
	@$(PY) -m deploy.stack up

.PHONY: stack-down
stack-down: ## Stop the stack; its data stay (WIPE=1 removes them)
	@$(PY) -m deploy.stack down $(if $(WIPE),--wipe)

.PHONY: stack-status
stack-status: ## Show every process of the stack, what waits and what failed
	@$(PY) -m deploy.stack status

.PHONY: test
test: $(VENV)/test.stamp system ## Run every test: unit, contract, integration, e2e, browser, faults
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests --ignore=tests/benchmarks

.PHONY: check
check: $(VENV)/test.stamp ## Lint, types, architecture, contracts and unit tests: under two minutes
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy -p tests
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -n 2 tests/architecture tests/unit tests/contract/test_contracts.py tests/contract/test_compatibility.py

.PHONY: demo
demo: $(VENV)/run.stamp ## Play the main job against what runs, onebox or stack, step by step
	@$(PY) -m deploy.demo

.PHONY: bench
bench: $(VENV)/test.stamp ## Measure: ratios of two sides in one run
	@for bench in tests/benchmarks/bench_*.py; do echo "== $$bench"; $(PY) -m tests.benchmarks.$$(basename $$bench .py); done

.PHONY: contracts
contracts: $(VENV)/test.stamp ## Write contracts/ anew from the code
	@$(PY) -m deploy.contracts write

.PHONY: fmt
fmt: $(VENV)/test.stamp ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

.PHONY: lock
lock: $(VENV)/test.stamp ## Resolve the requirements anew (needs uv)
	uv pip compile -q pyproject.toml --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/runtime.lock
	uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/dev.lock

.PHONY: setup
setup: $(VENV)/test.stamp system ## Install everything that running and testing need

.PHONY: clean
clean: ## Remove what was made here, except your data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: system
system:
	@deploy/system-packages.sh

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Tongban needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say which one: make run PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv could not be made. On Debian: apt-get install python3-venv"; exit 2; }
	@touch $@

$(VENV)/run.stamp: requirements/runtime.lock | $(VENV)/venv.stamp
	@echo "Installing what Tongban needs (once) …"
	@$(PY) -m pip install -q --require-hashes -r requirements/runtime.lock
	@touch $@

$(VENV)/test.stamp: requirements/dev.lock | $(VENV)/venv.stamp
	@echo "Installing what the tests need (once) …"
	@$(PY) -m pip install -q --require-hashes -r requirements/dev.lock
	@touch $@ $(VENV)/run.stamp
