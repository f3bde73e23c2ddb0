# Two commands do everything on a fresh machine: `make demo` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export SANDBOX_PYTHON := $(CURDIR)/.sandbox/venv/bin/python

dev := .venv/.installed
local_cloud := .sandbox/venv/.installed

# An environment from a lock file with hashes: with uv where there is one, else with Python's own tools.
define environment
	@if command -v uv >/dev/null; then \
	  uv venv --quiet --allow-existing --python 3.13 $(1) && \
	  uv pip sync --quiet --require-hashes --python $(1) $(2); \
	elif command -v python3.13 >/dev/null && python3.13 -c ''; then \
	  echo "installing $(2) into $(1)" && python3.13 -m venv $(1) && \
	  $(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2); \
	else \
	  echo "Python 3.13 is missing: install it as python3.13, or install uv, which brings it." >&2; exit 1; \
	fi
endef

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(dev): requirements/dev.txt pyproject.toml
	$(call environment,.venv,requirements/dev.txt)
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .; \
	else \
	  PYTHONWARNINGS=ignore .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@

$(local_cloud): requirements/sandbox.txt
	$(call environment,.sandbox/venv,requirements/sandbox.txt)
	@touch $@

.PHONY: setup
setup: $(dev) $(local_cloud)  ## install what the other targets need, and mozi-relay into .venv/bin

.PHONY: demo
demo: setup  ## build, deploy to a local cloud, relay real input both ways, check every number
	python -m sandbox demo

.PHONY: up
up: setup  ## the same sandbox, left running, with commands to try
	python -m sandbox up

.PHONY: contract
contract: $(dev)  ## write contract/ anew from models, texts and templates: JSON Schemas, AsyncAPI, the pages
	@PYTHONPATH=functions:layers python -m contract

.PHONY: test
test: setup  ## every test: unit, integration, and end to end on the sandbox
	python -m pytest --numprocesses auto --dist loadfile

.PHONY: bench
bench: setup  ## measure speed beside references, write benchmarks/README.md: make bench ARGS="--only layer"
	@PYTHONPATH=functions:layers python -m benchmarks $(ARGS)

.PHONY: build
build: $(dev)  ## build what `sam deploy` uploads
	sam build

.PHONY: lint
lint: $(dev)  ## ruff, mypy in strict mode, sam validate --lint
	ruff check .
	ruff format --check .
	mypy
	sam validate --lint

.PHONY: lock
lock:  ## pin requirements anew (needs uv)
	cd requirements && for name in dev layer sandbox; do \
	  uv pip compile --quiet --python-version 3.13 --universal --generate-hashes --no-header $$name.in -o $$name.txt || exit 1; \
	done

.PHONY: clean
clean:  ## remove what was built and installed
	rm -rf .aws-sam .sandbox .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
