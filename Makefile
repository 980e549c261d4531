# Two commands on a fresh machine with Python 3.11 or newer:
#   make demo   set up, convert sample_audio/, say what was written
#   make test   set up, run all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo setup test bench lint requirements clean

demo: $(BIN)/specimg
	$(BIN)/specimg convert sample_audio demo --r db --g pcen --b exp
	@echo "The pictures are in demo/, their table is demo/manifest.csv."

# All that the tests need.  Those of learning, and `make lint`, also need torch, which
# is not in it because it is large: .venv/bin/pip install torch
setup: $(VENV)/.test

# make test TESTS='-m "not slow"' leaves out what takes half a minute or more.
test: $(VENV)/.test
	$(BIN)/pytest $(TESTS)

# How fast specimg is beside what people run today; some minutes.
bench: $(VENV)/.test
	$(BIN)/python tests/benchmarks/bench.py $(BENCH)

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The exact versions that `make test` installs.
requirements: $(VENV)/.test
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --group test --group lint --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make requirements" \
	  pyproject.toml --output-file requirements-dev.txt

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# An editable install: the command follows the sources.
$(BIN)/specimg: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@ $(BIN)/specimg

clean:
	rm -rf $(VENV) demo build dist
