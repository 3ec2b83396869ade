# Everything a developer runs. Each target sets up what it needs first; `make help` lists them.

PYTHON ?= python3
PORT ?= 8000
RESET ?=
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header
.DEFAULT_GOAL := help
.PHONY: help setup messages demo test national check bench screenshots stop pins

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: .venv/installed messages  ## .venv with the pinned packages, message catalogues, browser and font for the tests
	@config/system_packages.sh

.venv/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Yilian needs Python 3.11 or newer as "$(PYTHON)". Name another one: make setup PYTHON=python3.12' >&2; exit 1; }
	@echo 'Setting up: Python environment in .venv'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv || { \
		echo 'Python has no working venv module. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Setting up: Python packages (about a minute the first time)'
	@index=$$($(BIN)/pip config get global.index-url 2>/dev/null || true); \
	if test -n "$$index"; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	{ $(BIN)/pip install --quiet --disable-pip-version-check uv && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt; } || { \
		echo 'Setting up: uv did not manage, using pip'; \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt; }
	@touch $@

messages: .venv/installed
	@$(BIN)/python -m config.messages

demo: setup  ## the site with the demo consortium; PORT=8000, RESET=1 loads the demo afresh
	@exec env PORT=$(PORT) RESET=$(RESET) $(BIN)/python -m config.demo

test: setup  ## all tests
	@config/system_packages.sh --required
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

national: setup  ## the tests that read the national grouping tables, where they lie beside the project
	@test -d ../shared/chs-drg-1.1 || { echo 'The national tables are not here (../shared/chs-drg-1.1): nothing to test.'; exit 0; }; \
	echo 'Testing against the national tables.'; $(BIN)/python -m pytest -m national

check: .venv/installed messages  ## lint, format, types, Django's checks, migrations, API description
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: setup  ## measure the speed, beside its peers
	$(BIN)/python -m tests.bench

screenshots: setup  ## pictures of the pages
	@config/system_packages.sh --required
	$(BIN)/python -m tests.screenshots

stop: .venv/installed  ## end the embedded services
	@$(BIN)/python -m config.embedded stop

pins: .venv/installed  ## compile requirements*.in to requirements*.txt; UPGRADE=1 takes newer versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements-dev.in -o requirements-dev.txt
