# Two commands on a fresh machine with Python 3.11 or newer:
#   make demo   set up, convert sample_audio/, say what was written
#   make test   set up, run all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check

# Both install exactly what is in three files that `make requirements` writes:
#   requirements.txt        what specimg runs with, and what builds it
#   requirements-dev.txt    that, and what its tests and its documentation need
#   requirements-torch.txt  torch and torchvision, for the tests of learning and of
#                           loading, and what they need
# They are complete, and --no-deps keeps pip from looking for anything itself: it asks
# for coverage[toml], say, anew, and finds a release that is newer than the lock.  So
# does the environment in which it would build specimg, but for --no-build-isolation.
LOCKED := $(PIP) install --no-deps --require-hashes --requirement
EDITABLE := $(PIP) install --no-deps --no-build-isolation --editable .

# The version of torch is locked, but not its file: which one fits depends on the
# machine.  The public one for Linux on x86-64 brings gigabytes for CUDA; where pip is
# told of a CPU build, it takes that.  `make test TORCH=` goes without torch, and the
# tests that need it are skipped.
TORCH ?= yes
READY := $(VENV)/.test $(if $(TORCH),$(VENV)/.torch)

.PHONY: demo setup test bench lint docs requirements clean

demo: $(BIN)/specimg
	$(BIN)/specimg convert sample_audio demo --r db --g pcen --b exp
	@echo "The pictures are in demo/, their table is demo/manifest.csv."

# All that the tests need.
setup: $(READY)

# make test TESTS='-m "not slow"' leaves out what takes half a minute or more.
# Side by side, one a processor; tests that disturb each other share an xdist_group.
test: $(READY)
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist loadgroup $(TESTS)

# How fast specimg is beside what people run today; some minutes.
bench: $(VENV)/.test
	$(BIN)/python tests/benchmarks/bench.py $(BENCH)

# Needs torch as well, for its types.
lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The pages in docs/, which begin with the README.  A warning is an error.
docs: $(VENV)/.test
	$(BIN)/sphinx-build --quiet --fresh-env -W --keep-going docs build/docs
	@echo "The documentation is in build/docs/index.html."

# What is locked stays as it is; make requirements UPGRADE=--upgrade moves all of it.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" \
  pyproject.toml

requirements: $(BIN)/python
	$(PIP) install uv==0.13.9
	$(COMPILE) $(UPGRADE) --generate-hashes --group build --group lint --group test \
	  --group docs --output-file requirements-dev.txt
	$(COMPILE) --generate-hashes --group build \
	  --constraint requirements-dev.txt --output-file requirements.txt
	$(COMPILE) $(UPGRADE) --no-annotate --extra learn --group vision \
	  --constraint requirements-dev.txt --output-file requirements-torch.txt

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# An editable install: the command follows the sources.
$(BIN)/specimg: requirements.txt pyproject.toml | $(BIN)/python
	$(LOCKED) requirements.txt
	$(EDITABLE)
	@touch $@

$(VENV)/.test: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(LOCKED) requirements-dev.txt
	$(EDITABLE)
	@touch $@ $(BIN)/specimg

$(VENV)/.torch: requirements-torch.txt $(VENV)/.test
	$(PIP) install --constraint requirements-torch.txt torch torchvision timm
	@touch $@

clean:
	rm -rf $(VENV) demo build dist
