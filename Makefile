# `make help` lists what there is to do. Needs Python 3.11 or newer and make; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# For half of their time tests wait: for servers, pushes and the limits that they give to searches.
TEST_PROCESSES ?= 3
PYTEST := $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal
# What takes minutes by itself takes a multiple where others are at work.
PATIENT := -o faulthandler_timeout=3600
PORT   ?= 8000

RUNTIME   := $(VENV)/.runtime
DEVELOP   := $(VENV)/.develop
BENCH     := $(VENV)/.bench
FUZZ      := $(VENV)/.fuzz
INSTALLED := $(VENV)/.installed
COMPILED  := $(VENV)/.compiled
# Clients of other people, for their tests; a machine without npm skips these.
CLIENTS   := $(if $(shell command -v npm),tests/clients/node_modules/.installed)

# Compiled once, not in each of the hundred processes that the tests start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installers in one environment would fight.
.NOTPARALLEL:
.PHONY: help setup demo serve simulate test test-all audit check rules schema lock clean bench-solver bench-api fuzz \
	check-style check-types check-imports check-schema check-tree

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEVELOP) $(INSTALLED) $(COMPILED) ## make .venv with everything for work on the code

demo: $(RUNTIME) $(INSTALLED) $(COMPILED) ## a demo estate, its plan of the day, then the service (PORT=8000; DEMO_ONCE=1: no service)
	$(BIN)/dispatch demo $(if $(filter-out 0,$(DEMO_ONCE)),--once) $(if $(filter-out 8000,$(PORT)),--port $(PORT))

serve: $(RUNTIME) $(INSTALLED) $(COMPILED) ## the service on this machine (PORT=8000)
	$(BIN)/dispatch serve --migrate --port $(PORT)

# One word each: pytest would take a report that is there already for a test to run.
test: setup $(CLIENTS) ## all tests but the slow ones, on SQLite and PostgreSQL
	$(PYTEST) -m "not slow" --rules-report=.rules/results.json

test-all: setup $(CLIENTS) ## all tests
	$(PYTEST) $(PATIENT) --rules-report=.rules/results.json

audit: setup $(CLIENTS) ## the public audits of GraphQL over HTTP against the running service
	$(if $(CLIENTS),,$(error the audits need Node.js and npm))
	$(BIN)/python -m pytest tests/clients/test_audit.py -p no:xdist -q -s

# Its lists of packages agree: what is installed for it changes nothing that is there.
fuzz: setup $(FUZZ) ## 40,000 random documents and 300 random sockets against the running service (half an hour)
	$(BIN)/python -m pytest $(PATIENT) -p no:xdist -q -m slow tests/api/test_schemathesis.py tests/api/test_fuzzing.py \
		tests/api/test_socket_fuzzing.py

check: check-style check-types check-imports check-schema check-tree ## style, types, imports, contract drift, locks

check-style: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

check-types: setup
	$(BIN)/basedpyright

check-imports: setup
	$(BIN)/lint-imports

check-schema: setup
	$(BIN)/dispatch schema --check
	$(BIN)/python -m tools.compatibility

check-tree: setup
	$(BIN)/python -m tools.check_tree
	$(BIN)/python -m tools.locks --check

rules: setup ## the rules of docs/rules.md that no passing test carries
	@$(BIN)/python -m tools.rules

schema: setup ## write schema/schema.graphql and schema/trusted.json from the code
	$(BIN)/dispatch schema

lock: setup ## pin all requirements anew, with hashes
	$(BIN)/python -m tools.locks --upgrade

simulate: $(RUNTIME) $(INSTALLED) $(COMPILED) ## a day of 2,000 requests at 600 times its speed, and its report (DATA=file)
	$(BIN)/dispatch simulate $(if $(DATA),--data $(DATA)) $(ARGS)

bench-solver: setup $(BENCH) ## the optimizer beside its peers (QUICK=1: 5 minutes; SUITE=, DATA=folder, ARGS=)
	$(BIN)/python -m benchmarks.run $(if $(filter-out 0,$(QUICK)),quick,$(or $(SUITE),full)) \
		$(if $(DATA),--data $(DATA)) $(ARGS)

bench-api: setup $(BENCH) ## the API beside its peers on PostgreSQL with a million tickets (QUICK=1: 20,000; ARGS=)
	$(BIN)/python -m benchmarks.api.run $(if $(filter-out 0,$(QUICK)),--quick) $(ARGS)

clean: ## remove what the targets made, .venv too
	rm -rf $(VENV) tests/clients/node_modules .demo .simulation .rules .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find src solver tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Each stamp is newer than what it was made from; a changed list installs again, once.
$(VENV)/.made:
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(VENV)
	@touch $@

tests/clients/node_modules/.installed: tests/clients/package-lock.json
	npm ci --prefix tests/clients --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Compiling all packages takes longer than compiling, when first imported, those that are.
PIP := $(BIN)/python -m pip install --quiet --no-compile

$(RUNTIME): $(VENV)/.made requirements.txt
	$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(DEVELOP): $(RUNTIME) requirements-dev.txt
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(BENCH): $(DEVELOP) requirements-bench.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bench.txt
	@touch $@

$(FUZZ): $(DEVELOP) requirements-fuzz.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-fuzz.txt
	@touch $@

$(INSTALLED): $(RUNTIME) pyproject.toml solver/pyproject.toml
	$(PIP) --no-deps --no-build-isolation -e ./solver -e .
	@touch $@

# The search is compiled here, once, and never where somebody waits for a plan.
$(COMPILED): $(INSTALLED) $(wildcard solver/src/dispatch_solver/*.py solver/src/dispatch_solver/search/*.py)
	$(BIN)/dispatch-solver ready
	@touch $@
