# `make serve` and `make test` are all a newcomer needs; each installs first, from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help install serve test check mutants seeds bench bench-docs pictures spec-lint lock clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "scribe-mock needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV) (once; it takes a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

install: $(INSTALLED) ## make the virtual environment

serve: $(INSTALLED) ## start the mock; options in ARGS="--port 9000"
	@exec $(BIN)/scribe-mock serve $(ARGS)

check: $(INSTALLED) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check ## checks, then all tests; options in ARGS="-k upload"
	$(BIN)/pytest -n auto $(ARGS)

mutants: $(INSTALLED) ## every mutant through the whole check; some by name in ARGS="EndRace"
	$(BIN)/python -m tests.contract $(ARGS)

seeds: $(INSTALLED) ## the check against the mock, at ten seeds
	$(BIN)/python -m tests.contract.seeds $(ARGS)

bench: $(INSTALLED) ## the benchmarks, side by side (wrk and espeak-ng are needed, ffmpeg for one figure)
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-docs: $(INSTALLED) ## how fast the documentation loads (Chromium is needed)
	$(BIN)/python -m tests.benchmarks.docs

pictures: $(INSTALLED) ## the README's pictures of the pages (Chromium is needed)
	$(BIN)/python -m tests.pictures

lock: $(INSTALLED) ## resolve requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --upgrade --output-file requirements.lock

clean: ## remove what was installed and built
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
