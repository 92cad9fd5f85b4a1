# Everything a person or a machine needs to work on grnn-tui. `make help` lists it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TOOLS  := $(VENV)/.tools
# SYSTEM_TORCH=1 uses the torch that PYTHON already has. TORCH_INDEX=URL takes torch from another index, such as the
# CPU wheels of https://download.pytorch.org/whl/cpu.
SYSTEM_TORCH ?=
TORCH_INDEX  ?=

.DEFAULT_GOAL := help
.PHONY: help run test faults check format models snapshots bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt

# What playing and training need; the tools of those who work on it are added by the first `make test` or `make check`.
$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): this takes a minute or two, once."
	@$(PYTHON) -m venv $(if $(SYSTEM_TORCH),--system-site-packages) $(VENV)
	@grep -v $(if $(SYSTEM_TORCH),'^torch==','^$$') constraints.txt > $(VENV)/constraints.txt
	@$(INSTALL) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --editable .
	@touch $@

$(TOOLS): $(STAMP)
	@$(INSTALL) ruff mypy import-linter pytest pytest-asyncio pytest-timeout pytest-xdist pytest-textual-snapshot hypothesis \
	  beartype pyte wcwidth hatchling
	@touch $@

run: $(STAMP) ## set up, then open the playground (make run ARGS="tales-gru")
	@$(BIN)/grnn-tui $(ARGS)

test: $(TOOLS) ## set up, then run every test (make test ARGS="-k session")
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

faults: $(TOOLS) ## do all the harm there is to real processes, and print the table of promises
	$(BIN)/python -m pytest -n 2 --complete -m "promise or mutation" --timeout 900 $(ARGS)

check: $(TOOLS) ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TOOLS) ## put the code in its form
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

models: $(STAMP) ## rebuild every shipped model with the command on its card
	$(BIN)/python models/build.py $(ARGS)

snapshots: $(TOOLS) ## redraw the pictures and text snapshots of every screen
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/ui --snapshot-update

bench: $(TOOLS) ## measure everything against baselines, half an hour (one part: make bench-playing)
	$(BIN)/python -m benchmarks $(ARGS)

bench-%: $(TOOLS)
	$(BIN)/python -m benchmarks $*

clean: ## remove what make has built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
