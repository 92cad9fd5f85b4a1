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
.PHONY: help run test faults check format models snapshots bench constraints audit clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

# Every file that is installed has a SHA-256 of its own in constraints*.txt, dependencies included.
PIP       := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HASHED    := $(PIP) --require-hashes --no-deps
TORCH     := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' constraints.txt)
CPU_INDEX := https://download.pytorch.org/whl/cpu
SPLIT     := awk '/^[^ ]/ {torch = /^torch==/}

# What playing and training need; the tools of those who work on it are added by the first `make test` or `make check`.
# Of torch, pip brings the build that it prefers, and the hash is checked then. The CUDA build, which PyPI serves for
# Linux, also needs NVIDIA's libraries. Builds of another index than the CPU one have hashes that are not known here.
$(STAMP): pyproject.toml constraints.txt constraints-cuda.txt
	@echo "Setting up $(VENV): this takes a minute or two, once."
	@$(PYTHON) -m venv $(if $(SYSTEM_TORCH),--system-site-packages) $(VENV)
	@$(SPLIT) !torch' constraints.txt > $(VENV)/constraints.txt
	@$(HASHED) --requirement $(VENV)/constraints.txt
ifneq ($(SYSTEM_TORCH),)
else ifneq ($(filter-out $(CPU_INDEX),$(TORCH_INDEX)),)
	@echo "torch comes from $(TORCH_INDEX): its hash is not checked."
	@$(PIP) --extra-index-url $(TORCH_INDEX) $(TORCH)
	@$(BIN)/python -m pip check
else
	@$(SPLIT) torch' constraints.txt > $(VENV)/torch.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest $(VENV)/torch \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	@$(HASHED) --no-index --find-links $(VENV)/torch --requirement $(VENV)/torch.txt
	@ls $(VENV)/torch | grep -q '[+]' || $(HASHED) --requirement constraints-cuda.txt
	@rm -r $(VENV)/torch
	@$(BIN)/python -m pip check
endif
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): $(STAMP) constraints-tools.txt
	@$(HASHED) --requirement constraints-tools.txt
	@touch $@

run: $(STAMP) ## set up, then open the playground (make run ARGS="tales-gru")
	@$(BIN)/grnn-tui $(ARGS)

test: $(TOOLS) ## set up, then run every test (make test ARGS="-k session")
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

faults: $(TOOLS) ## do all the harm there is to real processes, and print the table of promises
	$(BIN)/python -m pytest -n 2 --dist loadgroup --complete -m "promise or mutation" --timeout 900 $(ARGS)

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

# The tools of these two have an environment of their own.
UPKEEP := $(VENV)/upkeep
LOCK   := UV_CUSTOM_COMPILE_COMMAND="make constraints" $(UPKEEP)/bin/uv pip compile --quiet --universal \
  --python-version 3.11 --generate-hashes --no-annotate $(ARGS)
CUDA   := cuda-bindings cuda-toolkit nvidia-cudnn-cu13 nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvshmem-cu13 triton

$(UPKEEP): constraints-upkeep.txt
	@$(PYTHON) -m venv --clear $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $<
	@touch $@

constraints: $(UPKEEP) ## write the hashes anew, versions as they are (newer ones: make constraints ARGS=--upgrade)
	@printf '%s\n' $(CUDA) > $(UPKEEP)/cuda.txt
	@printf '%s\n' hatchling editables | $(LOCK) pyproject.toml - --excludes $(UPKEEP)/cuda.txt --output-file constraints.txt
	@grep '^torch==' constraints.txt | tr -d '\\' > $(UPKEEP)/torch.txt
	@$(LOCK) --no-deps --index-url $(CPU_INDEX) $(UPKEEP)/torch.txt --output-file $(UPKEEP)/cpu.txt
	@sed -n 's/^ *\(--hash=[^ ]*\).*/    \1 \\/p' $(UPKEEP)/cpu.txt | grep -vxFf constraints.txt > $(UPKEEP)/hashes.txt || true
	@sed -i.before '/^torch==/r $(UPKEEP)/hashes.txt' constraints.txt && rm constraints.txt.before
	@$(LOCK) $(UPKEEP)/torch.txt --constraint constraints.txt --output-file constraints-cuda.txt
	@$(LOCK) --group dev --constraint constraints.txt --output-file constraints-tools.txt
	@$(LOCK) --group upkeep --constraint constraints.txt --output-file constraints-upkeep.txt

audit: $(UPKEEP) ## ask PyPI whether a fault is known of anything that is pinned
	$(UPKEEP)/bin/pip-audit --strict --disable-pip --require-hashes $(foreach file,$(wildcard constraints*.txt),--requirement $(file))

clean: ## remove what make has built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
