# make run    start everything          make test   set up and run every test
# make train  train if data changed     make lint   style, types, data checks     make bench  measure
# make test-unit  rules and components only: no servers, on every core, under a minute; ARGS="-k refund" as for `make test`
# make test-other-python  unit and integration tests on the other supported Python, in an environment of its own
.PHONY: run test test-unit test-other-python train lint bench attack audit setup setup-dev
.DEFAULT_GOAL := run

export PYTHONUNBUFFERED := 1
# compiled modules are kept even where the environment says otherwise: without them each start compiles everything again
unexport PYTHONDONTWRITEBYTECODE

# a file is one process's, so that what it starts or reads is started once
BY_FILE := --dist loadfile
# loads the machine, or changes which model is in use: nothing runs beside it
ALONE := tests/browser/test_teaching_loop.py tests/load
# mostly waits for servers of its own; two at a time need 3 GB
SIDE_BY_SIDE := tests/browser tests/conversations tests/integration --deselect=tests/browser/test_teaching_loop.py

setup:
	@echo "Environment"
	@scripts/setup.sh

setup-dev:
	@scripts/setup.sh --dev

run: setup
	@.venv/bin/aftercare up

train: setup
	@.venv/bin/aftercare train

lint: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m aftercare.run.checks
	@scripts/lint-browser-code.sh

test: setup-dev
	@scripts/test-servers.sh
	@.venv/bin/aftercare train
ifdef ARGS
	.venv/bin/python -m pytest $(ARGS)
else
	@failed=0; for part in "-n auto $(BY_FILE) tests/unit" "-n 2 $(BY_FILE) $(SIDE_BY_SIDE)" "$(ALONE)"; do \
		echo "pytest $$part"; .venv/bin/python -m pytest $$part || failed=1; done; exit $$failed
endif

test-unit: setup-dev
	.venv/bin/python -m pytest -n auto $(BY_FILE) tests/unit $(ARGS)

test-other-python:
	@PYTHON_VERSION=3.12 VENV=.venv-3.12 scripts/setup.sh --dev
	@.venv-3.12/bin/aftercare train
	.venv-3.12/bin/python -m pytest tests/unit tests/integration $(ARGS)

bench: setup-dev
	.venv/bin/aftercare bench

# attacks a stack of its own on this machine; ARGS="--only guessing" for one
attack: setup-dev
	@.venv/bin/aftercare train
	.venv/bin/python -m bench.attack $(ARGS)

# known weaknesses of the locked libraries, and a list of all of them (CycloneDX) in var/sbom.json
audit: setup-dev
	@scripts/audit.sh
