# make run and make test are all a newcomer needs: both create .venv on a bare machine with Python >= 3.11.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check bench torture clean

run: $(VENV)/.installed
	@set -e; \
	if [ -z "$$DESK_HOME" ]; then mkdir -p .desk; DESK_HOME=$$(mktemp -d "$$PWD/.desk/home-XXXXXX"); export DESK_HOME; fi; \
	echo "DESK_HOME=$$DESK_HOME"; \
	$(BIN)/desk run $(BRIEF); \
	echo; echo "In this home (export DESK_HOME=$$DESK_HOME, and put $(BIN) on your PATH):"; \
	echo "  desk show        the whole session"; \
	echo "  desk replay --all --verify   run it again from its record, byte for byte"; \
	echo "  desk watch --fast            let time pass until the trade closes"

test: $(VENV)/.developing
	$(BIN)/python -m pytest -n auto

check: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.developing
	$(BIN)/python -m tests.bench

# CORPUS_PYTHONS=/path/to/python3.12:/path/to/python3.13 replays the corpus on those as well.
torture: $(VENV)/.developing
	DESK_TEST_RANDOM=1 $(BIN)/python -m pytest -n auto -m torture

clean:
	rm -rf $(VENV) .desk build dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing (about 20 s the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable .
	@touch $@

$(VENV)/.developing: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing the developers' tools (the first time only)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed
