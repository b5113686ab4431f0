# Two commands set everything up on a fresh machine with Python >= 3.11: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: help install demo test soak lint types bench bench-kafka clean

help:
	@sed -n 's/^\([a-z-]*\): .*## /\1\t/p' $(MAKEFILE_LIST)

install: $(STAMP) ## virtual environment with Headrace and the development tools

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@

demo: $(STAMP) ## Utopia's samples on the embedded log: data, live progress, results
	cd apps/utopia && ../../$(BIN)/python -m utopia.demo

test: lint $(STAMP) ## everything that CI runs
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not soak"

soak: $(STAMP) ## the long runs, with full counts
	$(BIN)/python -m pytest -m soak

lint: $(STAMP) ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## speed of the engine against hand-written loops; writes bench/results/embedded.json
	$(BIN)/python -m bench.formats
	$(BIN)/python -m bench.segmenter
	$(BIN)/python -m bench.run_embedded

bench-kafka: $(STAMP) ## speed on a real broker against Kafka Streams; writes bench/results/kafka.json
	$(BIN)/python -m bench.run_kafka

clean: ## removes what the other targets made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
