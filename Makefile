# Two commands: `make run` and `make test`. Both make the environment first if it is not there.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BRAND ?= demo
DAYS ?= 1
PEOPLE ?= 5000
RECORDS ?= 1000000
DAY ?= 2026-06-12
VENDOR ?= shopify
export SELVAGE_BRAND := $(BRAND)
SELVAGE_ENV ?= sandbox
export SELVAGE_ENV
# sqlglot tells of its retired Rust tokenizer, which dagster-dbt still brings along; nothing here uses it.
export PYTHONWARNINGS := ignore:sqlglot:UserWarning

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# In the sandbox a command runs beside the sandbox's vendors; elsewhere it talks to the real ones.
BESIDE := $(if $(filter sandbox,$(SELVAGE_ENV)),$(PY) -m sandbox with --,)

.PHONY: help env run connect receive ui dashboards plan advance report explain rules test test-spark lint bench bench-identity lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-14s %s\n", $$1, $$2}'

env: $(STAMP)  ## make .venv with everything that running and testing need

$(STAMP): requirements.lock pyproject.toml
	@# The lock names every package, so pip resolves nothing (it would stumble over extras beside hashes).
	@if command -v uv >/dev/null; then \
		uv venv -q --allow-existing --seed --python $(PYTHON) $(VENV) && \
		uv pip install -q --python $(PY) --require-hashes -r requirements.lock && \
		uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .; \
	else \
		$(PYTHON) -m venv $(VENV) && echo "installing into $(VENV): a minute or two" && \
		$(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock && \
		$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $(STAMP)

run: env  ## from every channel's API to customers, attribution and an audience in a tool (BRAND=complete_journey: real baskets)
	@$(BESIDE) $(PY) -m orchestration run

connect: env  ## check VENDOR=shopify's credential and scopes, count what there is (SINCE=2026-01-01; BACKFILL=1 lands it)
	@$(BESIDE) $(PY) -m ingestion connect $(VENDOR) $(if $(SINCE),--since $(SINCE)) $(if $(BACKFILL),--backfill)

receive: env  ## take webhooks on http://127.0.0.1:8790/webhooks/<vendor> and land what they name; Ctrl-C ends it
	@$(BESIDE) $(PY) -m ingestion receive

ui: env  ## the sandbox and Dagster's web UI; Ctrl-C ends both
	@$(BESIDE) $(PY) -m orchestration ui

dashboards: env  ## pages over the published marts on http://127.0.0.1:8501; Ctrl-C ends them
	@$(PY) -m dashboards

plan: env  ## what the next sync would add, update and remove; sends nothing
	@$(PY) -m activation plan

advance: env  ## let DAYS=1 pass in the sandbox
	@$(PY) -m sandbox with -- $(PY) -m sandbox advance --days $(DAYS)

report: env  ## a day of Shopify's sales report beside ours (DAY=2026-06-12)
	@$(PY) -m sandbox with -- $(PY) -m benchmarks.sales_report --day $(DAY)

explain: env  ## why two records are one customer (RECORDS="shopify:1 klaviyo:2", or a customer_id)
	@$(PY) -m identity explain $(foreach record,$(RECORDS),'$(record)')

rules: env  ## what a changed identity seed would merge, split and leave as it is (SEED=my_identity_rules.csv)
	@$(PY) -m identity rules --seed-file $(SEED)

test: env lint  ## prove it: lint, then every test, the fast ones first
	@$(PY) -m pytest -n 3 --no-loadscope-reorder

test-spark: env  ## what is written for DuckDB and for Spark gives the same on both (installs PySpark; needs Java 17)
	@$(PY) -m pip install -q --disable-pip-version-check --target $(VENV)/spark "pyspark==4.3.0"
	@PYTHONPATH=$(VENV)/spark $(PY) -m pytest -q -n0 tests/models/test_on_spark.py

lint: env  ## ruff, mypy, sqlfluff and the names check
	@$(VENV)/bin/ruff check -q . && $(VENV)/bin/ruff format -q --check . && $(PY) -m tests.names
	@$(VENV)/bin/mypy --no-error-summary & types=$$!; $(PY) -m tests.lint_sql; sql=$$?; wait $$types && exit $$sql

bench: env  ## seconds, CPU, memory and rows of each stage for PEOPLE=5000, as JSON and a table
	@$(PY) -m benchmarks.road --people $(PEOPLE)

bench-identity: env  ## who is who at RECORDS=1000000, beside Splink, recursive SQL, scipy and igraph on the same rows
	@$(PY) -m benchmarks.identity --records $(RECORDS)

lock: env  ## compile requirements.lock again from pyproject.toml, for all platforms, with hashes
	@$(PY) -m pip install -q uv && $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:  ## remove the data of every environment and brand (not the environment)
	@rm -rf .selvage dbt_project/target dbt_project/logs
