# Every target makes the checkout ready first; where it is ready already that takes no work.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
SPE := .venv/bin/spe
JOBS ?= 2
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# What `ready` asks for: `setup` (environments, sandbox) or `setup-built` (also what spe builds for itself).
READY := setup

.PHONY: help demo demo-check test test-integration test-services test-browser test-soak test-sandbox check fix bench figures lock tools clean setup setup-built ready

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ready ## the main job on real data, a receipt for each step, then the API on loopback until Ctrl-C
	@$(PY) -m spe.demo

demo-check: ready ## the same tour without serving; writes var/demo/report.json
	@$(PY) -m spe.demo --check

test: ready ## all tests but the soak tests
	@$(PY) -m pytest -n $(JOBS) --dist loadfile

test-integration: ready ## the tests that need programs of other makers: Go, which checks the log by itself
	@$(PY) -m pytest -m integration tests/integration

test-services: ready tools ## the tests that start real servers: OPA, PostgreSQL, and whatever else production has
	@$(PY) -m pytest -m "services and not soak" tests/services tests/contract

test-browser: ready ## journeys on pages with Chromium, by keyboard, without scripts; pictures go to var/browser
	@$(PY) -m pytest -m browser tests/browser

test-soak: ready tools ## the tests that take long, and property tests with many examples
	@$(PY) -m pytest -m "not integration and (soak or not services)" --timeout 7200 --hypothesis-profile soak

test-sandbox: ready ## the tests that start real sandboxes, attacks included
	@$(PY) -m pytest -m "sandbox and not soak"

check: ready ## format, lint, types, import contracts, house rules, documentation links, and OPA on the policies if it is built
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m pytest -q tests/shape
	@$(PY) -m tests.services.opa_policies

fix: ready ## format, and mend what the linter can mend
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: ready ## measure; figures are for reading, never a gate
	@$(PY) -m tests.benchmarks

figures: ready ## an approved analysis in the sandbox: every published figure beside its expected value
	@$(PY) -m spe.demo --figures

lock: ## write the lock files anew (needs uv and npm)
	$(LOCK) pyproject.toml --group dev --output-file requirements/dev.txt
	$(LOCK) requirements/pages/node.in --output-file requirements/pages/node.txt
	$(LOCK) requirements/tools/go.in --output-file requirements/tools/go.txt
	cd requirements/pages && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	$(LOCK) runtime/requirements.in --output-file runtime/requirements.txt
	$(LOCK) runtime/build.in --output-file runtime/build.txt

tools: ready ## build programs of other makers, once per machine, into ~/.cache/spe-tools (or SPE_TOOLS)
	@$(PY) -m spe.setup tools

clean: ## remove what set-up and runs have made in this checkout
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find spe tests -name __pycache__ -type d -prune -exec rm -rf {} +

ready: $(READY)

setup:
	@python=$$(PYTHON='$(PYTHON)' sh spe/setup/find_python.sh) && "$$python" -m spe.setup

setup-built: setup
	@$(SPE) setup built
