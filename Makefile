# Every command of the project. Each needs only Python 3.11 (and Node 20 where it says so).
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run test check demo demo-works bench chaos resume contract lock graphiql clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.venv/.run: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.run

run: .venv/.run ## Start Bordereau with its demonstration data (PORT, DATABASE_URL)
	@$(BIN)/python manage.py run

test: .venv/.dev ## Run the tests, on SQLite and, where it is found, on PostgreSQL and Redis
	@$(BIN)/python manage.py test

check: .venv/.dev ## Lint, types, import contracts, freshness of generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py contract --check

demo: .venv/.dev ## Play the main job against a running server (BASE_URL)
	@$(BIN)/python -m tests.demo.main

demo-works: .venv/.dev ## Play works billing files as each actor against a running sandbox (BASE_URL)
	@$(BIN)/python -m tests.demo.works

bench: .venv/.dev ## Measure the read, write and event paths against their floors
	@$(BIN)/python -m tests.bench.main

chaos: .venv/.dev ## Kill everything again and again under load; nothing may be lost (SEED, SECONDS)
	@$(BIN)/python -m tests.chaos.main $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS))

resume: .venv/.dev ## Cut readers of events again and again; each is told all, in order (EVENTS, KILLS, WRITERS)
	@$(BIN)/python -m tests.resume $(if $(EVENTS),--events $(EVENTS)) $(if $(KILLS),--kills $(KILLS)) $(if $(WRITERS),--writers $(WRITERS))

contract: .venv/.dev ## Generate frontend_contract/ from the code
	$(BIN)/python manage.py contract

graphiql: ## Rebuild the explorer's files (Node 20)
	cd frontend_contract/graphiql && npm ci --no-fund --no-audit && npm run build

lock: ## Renew the lock files (uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Delete the environment and caches (never a database)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
