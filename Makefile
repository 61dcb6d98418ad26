.DEFAULT_GOAL := help
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
# The system's certificates, as every other tool here uses: some networks bring their own.
export UV_SYSTEM_CERTS ?= 1

help: ## List what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: .venv/.ready ## Make .venv with the program and the tools for its tests

.venv/.ready: pyproject.toml uv.lock
	@sh scripts/get-uv.sh
	@$(UV) sync --quiet --locked --group dev
	@touch $@

run: setup ## Start PausePoint here, with a dev inbox instead of vendors
	@$(BIN)/pausepoint dev

# One more than there are cores: a test that starts a server also waits for it.
TEST_PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

test: setup ## Run every test, but those of test-integrations and reliability
	@sh scripts/get-chromium.sh
	@sh scripts/get-servers.sh
	@$(BIN)/pytest -n $(TEST_PROCESSES) --maxprocesses 5 --dist loadfile --no-loadscope-reorder

test-frameworks: setup ## Try the agent frameworks, each in an environment of its own
	@$(BIN)/python -m tests.integrations.frameworks.environments
	@$(BIN)/pytest tests/integrations/frameworks

test-integrations: setup ## The frameworks, and what runs on Node: Claude Code, the Inspector, Vercel AI, n8n
	@$(BIN)/python -m tests.integrations.frameworks.environments
	@$(BIN)/python -m tests.integrations.packages
	@$(BIN)/pytest tests/integrations

SOAK_MINUTES ?= 30

reliability: setup ## Try what is promised: all orders, kill -9 everywhere, troubles, and half an hour's work
	@sh scripts/get-reliability-tools.sh
	@$(BIN)/pytest tests/reliability
	@PAUSEPOINT_TEST_RACES=1000 $(BIN)/pytest tests/e2e/test_races.py
	@PAUSEPOINT_TEST_CONNECTIONS=20000 $(BIN)/pytest tests/security/test_floods.py
	@$(BIN)/python -m tests.reliability.soak --minutes $(SOAK_MINUTES)

lint: setup ## Check style, banned calls, words, who may import whom, and the workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m scripts.check_words
	@$(BIN)/zizmor --offline --quiet --no-progress .github

format: setup ## Put the code into the one style
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

types: setup ## Check the types
	@$(BIN)/mypy

check: lint types test ## Everything that must pass before a change lands

ci: ## All that must pass, from a clean clone on Debian, within 30 minutes
	@.ci/run

bench: setup ## Measure everything, beside its limits and what one would use instead
	@$(BIN)/python -m bench --peers

docs: setup ## Build the documentation's site into .build/site, links checked
	@$(UV) sync --quiet --locked --group dev --group docs
	@$(BIN)/python -m scripts.docs_site

mcpb: setup ## Build build/pausepoint.mcpb, the MCP server for one-click installation
	@$(BIN)/python -m scripts.build_mcpb

.PHONY: help setup run test test-integrations test-frameworks lint format types check ci bench reliability docs mcpb
