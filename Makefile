# Every target sets itself up; only python3 (3.11 or newer) and make are needed.
PYTHON ?= python3
PARITY ?= full
TORCH  ?= torch==2.13.0
JOBS   ?= 2
# Of the differential fuzzer; every fifth is compiled as well.
PROGRAMS ?= 100000
JAX    ?= jax==0.10.2
# More arguments for pytest, as in PYTEST="-k name -x".
PYTEST ?=

# Keeps pyright from asking the network for a newer release at each run.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

RUN    := .venv/bin/python
TEST   := $(RUN) -m pytest --quiet $(PYTEST)
# The long suites are shared out to all cores.
ALL    := $(TEST) --numprocesses auto --dist worksteal
PIP    := -m pip install --quiet --quiet --disable-pip-version-check
PEER   := .venv-parity/bin/python
SHORT  := $(if $(filter short,$(PARITY)),-m "not slow")
TREES  := $(wildcard src tests benchmarks demo examples)

.PHONY: demo test check bench parity soak array-api setup clean
.PHONY: format lint types doctests fast-tests mutations

demo: .venv/demo.stamp  # the main job: train on real data, eager and compiled
	$(RUN) demo/run.py

test: .venv/dev.stamp  # every test that needs no other array library
	$(ALL)

check: format lint types doctests fast-tests mutations  # what a change must pass

bench: .venv-bench/stamp  # PyTorch and JAX timed beside Wengert
	.venv-bench/bin/python -m benchmarks

parity: .venv-parity/stamp  # PyTorch as the oracle; PARITY=short for the quick part
	$(PEER) -m pytest --quiet $(SHORT) tests/parity
ifneq ($(PARITY),short)
	$(PEER) -m tests.parity.operators --write --quiet --jobs $(JOBS)
	$(PEER) -m tests.parity.fuzz --programs $(PROGRAMS) --jobs $(JOBS)
endif

soak: .venv/dev.stamp  # long runs: memory, and random graphs for the compiler
	$(TEST) tests/soak

array-api: .venv-array-api/stamp  # the array API's own tests: SUITE=path of array-api-tests
	cd $(SUITE) && ARRAY_API_TESTS_MODULE=wengert.array_api \
		$(CURDIR)/.venv-array-api/bin/python -m pytest --quiet $(PYTEST) array_api_tests \
		--xfails-file $(CURDIR)/tests/exchange/array_api_exceptions.txt --disable-deadline

setup: .venv/dev.stamp  # the environment alone

clean:  # forget every environment and cache
	rm -rf .venv .venv-bench .venv-parity .venv-array-api build dist .pytest_cache .ruff_cache .hypothesis

format: .venv/dev.stamp
	$(RUN) -m ruff format --quiet --check $(TREES)

lint: .venv/dev.stamp
	$(RUN) -m ruff check --quiet $(TREES)

types: .venv/dev.stamp
	.venv/bin/pyright --pythonpath $(RUN)

doctests: .venv/dev.stamp
	$(TEST) --doctest-modules src

fast-tests: .venv/dev.stamp
	$(ALL) -m "not slow"

mutations: .venv/dev.stamp tests/mutations
	$(TEST) tests/mutations

# A stamp older than pyproject.toml means that the environment must be brought up to date.
.venv/demo.stamp: pyproject.toml
	@echo "setting up .venv for the demonstration"
	@$(PYTHON) -m venv .venv
	@$(RUN) $(PIP) --editable ".[demo]"
	@touch $@

.venv/dev.stamp: pyproject.toml
	@echo "setting up .venv for development"
	@$(PYTHON) -m venv .venv
	@$(RUN) $(PIP) --upgrade "pip>=25.1"
	@$(RUN) $(PIP) --editable ".[all]" --group dev
	@touch $@ .venv/demo.stamp

.venv-parity/stamp: pyproject.toml
	@echo "setting up .venv-parity with $(TORCH)"
	@$(PYTHON) -m venv .venv-parity
	@.venv-parity/bin/python $(PIP) --upgrade "pip>=25.1"
	@.venv-parity/bin/python $(PIP) "$(TORCH)" --editable ".[bfloat16]" --group parity
	@touch $@

.venv-bench/stamp: pyproject.toml
	@echo "setting up .venv-bench with $(TORCH) and $(JAX)"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python $(PIP) "$(TORCH)" "$(JAX)" --editable .
	@touch $@

.venv-array-api/stamp: pyproject.toml
	@test -f "$(SUITE)/requirements.txt" || { echo "SUITE= must be a checkout of array-api-tests"; exit 1; }
	@echo "setting up .venv-array-api with what $(SUITE) requires"
	@$(PYTHON) -m venv .venv-array-api
	@.venv-array-api/bin/python $(PIP) --requirement "$(SUITE)/requirements.txt" --editable .
	@touch $@
