# `make serve` installs what serving needs (requirements.lock), `make test` and the rest everything
# (requirements-dev.lock): by uv where it is on the PATH, else by pip. Both go into .venv, and what is
# there is not installed again. Nothing is compiled ahead: Python compiles what it imports, once, so
# it must be allowed to store the result.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.base-installed
ALL := $(VENV)/.all-installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1
unexport PYTHONDONTWRITEBYTECODE
ifneq ($(shell command -v uv),)
  MAKE_VENV := uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
  INSTALL := uv pip install --quiet --python $(BIN)/python
else ifeq ($(shell $(PYTHON) -c 'import pip; print(pip.__version__ > "23")' 2>/dev/null),True)
  # Python's own pip: an environment without one is made in a tenth of the time.
  MAKE_VENV := $(PYTHON) -m venv --without-pip $(VENV)
  INSTALL := $(PYTHON) -m pip --python $(BIN)/python install --quiet --no-compile
else
  MAKE_VENV := $(PYTHON) -m venv $(VENV)
  INSTALL := $(BIN)/python -m pip install --quiet --no-compile
endif
# The locks name every package, so there is nothing to resolve.
LOCKED := $(INSTALL) --no-deps --require-hashes --requirement
EDITABLE := $(INSTALL) --no-deps --editable .

UV := $(or $(shell command -v uv),$(BIN)/uv)
LOCKING := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: help install install-base serve check test every every-test unit slow coverage schemathesis mutants client-mutants over-redis redis-faults seeds bench \
  soak bench-docs pictures lock clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BASE): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "scribe-mock needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing what serving needs into $(VENV) (once)"
	@$(MAKE_VENV)
	@$(LOCKED) requirements.lock
	@$(EDITABLE)
	@touch $@

$(ALL): requirements-dev.lock pyproject.toml | $(BASE)
	@echo "Installing what checks and tests need into $(VENV) (once; it takes a minute)"
	@$(LOCKED) requirements-dev.lock
	@touch $@

install: $(ALL) ## install everything into .venv

install-base: $(BASE) ## install what serving needs into .venv

serve: $(BASE) ## start the mock; options in ARGS="--port 9000"
	@exec $(BIN)/scribe-mock serve $(ARGS)

check: $(ALL) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# How the tests are shared out among processes: tests/conftest.py.
PARALLEL := -n auto --dist loadgroup

test: $(ALL) ## checks and all tests, side by side; options in ARGS="-k upload"
	@$(MAKE) --no-print-directory --jobs=2 check every-test

every-test: $(ALL)
	$(BIN)/pytest $(PARALLEL) $(ARGS)

every: $(ALL) ## make test with the tests that take longest, and every mutant of the guides' clients
	EVERY_TEST=1 EVERY_MUTANT=1 $(MAKE) --no-print-directory test

# Tests that need a browser or npm, make an environment, or check whole servers. Coverage would nearly
# double their time, and some of them measure how soon a server answers.
SLOW := tests/browser tests/contract/test_check.py tests/contract/test_command.py \
  tests/contract/test_mutants.py tests/contract/test_plugin.py tests/contract/test_reports.py \
  tests/contract/test_dialects.py tests/contract/test_getting_in.py tests/contract/test_hostile.py \
  tests/contract/test_nginx.py tests/contract/test_pace.py tests/contract/test_plain_text.py \
  tests/contract/test_schedule.py tests/contract/test_cleaning.py tests/contract/test_leniency.py \
  tests/examine/test_page_mutants.py tests/examine/test_program_mutants.py tests/examine/test_guide_clients.py \
  tests/audio/test_fuzz.py tests/test_fuzz_hostile.py tests/test_recipes.py \
  tests/test_schemathesis.py tests/test_wheel.py tests/test_javascript_client.py \
  tests/test_openapi.py::test_the_linter_finds_nothing
UNIT := $(PARALLEL) $(addprefix --deselect ,$(SLOW))

unit: $(ALL) ## the quick tests: no browser, no npm, no check of a whole server
	$(BIN)/pytest $(UNIT) $(ARGS)

slow: $(ALL) ## the tests that `make unit` leaves out
	$(BIN)/pytest $(PARALLEL) $(SLOW) $(ARGS)

# Every mock of these tests uses one Redis, each with a prefix of its own.
OVER_REDIS := tests/test_clock.py tests/test_control.py tests/test_documents.py tests/test_faults.py \
  tests/test_following_audio.py tests/test_journal.py tests/test_ledger.py tests/test_pipeline.py tests/test_protocol.py \
  tests/test_recordings.py tests/test_records.py tests/test_references.py tests/test_scopes.py \
  tests/test_session_audio.py tests/test_sessions.py tests/test_side_by_side.py tests/test_store.py tests/test_stream.py \
  tests/test_stream_faults.py tests/test_templates.py tests/test_transcripts.py tests/test_uploads.py tests/test_webhooks.py

over-redis: $(ALL) ## the tests of the API and of steering with mocks that use Redis (redis-server is needed)
	$(BIN)/python -m tests.redis_servers $(BIN)/pytest $(PARALLEL) $(OVER_REDIS) $(ARGS)
	EVERY_RULE=1 $(BIN)/pytest -n 0 tests/test_redis_balanced.py

redis-faults: $(ALL) ## 1,000 uploads while a server or Redis is killed, hangs or is cut off (redis-server is needed)
	FAULT_UPLOADS=1000 $(BIN)/pytest -n 0 tests/test_redis_faults.py $(ARGS)

# Two whole runs of the check are part of the figure: most of contract/ runs in no quick test.
COVERED_TOO := tests/contract/test_check.py::test_the_mock_keeps_the_contract \
  tests/contract/test_check.py::test_a_correct_server_passes_without_a_note \
  tests/contract/test_command.py

coverage: $(ALL) ## `make unit` and two whole checks, with the share of branches that they cover
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(UNIT) $(ARGS)
	$(BIN)/coverage run -m pytest $(PARALLEL) $(COVERED_TOO)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# What Schemathesis makes of the same openapi.yaml, on any server. It can't write audio bodies, so it
# leaves out the upload; and the mock accepts any token, so that is not among the checks.
URL := http://127.0.0.1:8080
TOKEN := any
CONFORMS := not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance

schemathesis: $(ALL) ## Schemathesis against a server: URL=http://127.0.0.1:8080 TOKEN=any ARGS="--max-examples 100"
	$(BIN)/schemathesis run openapi.yaml --url $(URL) --header 'Authorization: Bearer $(TOKEN)' \
	  --phases coverage,fuzzing,stateful --exclude-operation-id uploadAudio --checks $(CONFORMS) $(ARGS)

mutants: $(ALL) ## every mutant through the whole check; some by name in ARGS="EndRace"
	$(BIN)/python -m tests.contract $(ARGS)

client-mutants: $(ALL) ## every mutant of the guides' clients through its scenario (Chromium is needed)
	EVERY_TEST=1 EVERY_MUTANT=1 $(BIN)/pytest -n 0 tests/examine/test_program_mutants.py tests/examine/test_page_mutants.py tests/examine/test_examine.py $(ARGS)

seeds: $(ALL) ## the check against the mock, at ten seeds
	$(BIN)/python -m tests.contract.seeds $(ARGS)

bench: $(ALL) ## the benchmarks, side by side (wrk and espeak-ng are needed, ffmpeg for one figure)
	$(BIN)/python -m tests.benchmarks $(ARGS)

SECONDS := 600

soak: $(ALL) ## mixed load for minutes, and whether the server is as before: SECONDS=600
	$(BIN)/python -m tests.benchmarks.soaking --seconds $(SECONDS) $(ARGS)

bench-docs: $(ALL) ## how fast the documentation loads (Chromium is needed)
	$(BIN)/python -m tests.benchmarks.docs

pictures: $(ALL) ## the README's pictures of the pages (Chromium is needed)
	$(BIN)/python -m tests.pictures

lock: $(BASE) ## resolve both lock files anew
	@command -v $(UV) >/dev/null || $(INSTALL) uv
	$(UV) pip compile pyproject.toml $(LOCKING) --upgrade --output-file requirements.lock
	$(UV) pip compile pyproject.toml --extra check --extra otel --group dev --constraint requirements.lock \
	  $(LOCKING) --upgrade --output-file requirements-dev.lock

clean: ## remove what was installed and built
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
