# SPDX-License-Identifier: GPL-3.0-or-later
# Every command of a checkout; each one sets up what it needs. `make help` lists them.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

CACHE := $(or $(AVIARY_CANARY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aviary-canary)
SANDBOX := python3 tests/sandbox
export PATH := $(CURDIR)/.venv/bin:$(PATH)

##@ Everyday
.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  \033[36m%-18s\033[0m %s\n", "make " $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

.PHONY: setup
setup: .venv/.stamp ## the tools in .venv, pinned (the other commands do this by themselves)

.venv/.stamp: tests/requirements.txt tests/constraints.txt tests/tools/setup.sh
	@tests/tools/setup.sh

.PHONY: demo
demo: .venv/.stamp ## both parts of the tutorial on a real cluster [KUBECONFIG=FILE: on your own]
	@tests/demo/run

.PHONY: check
check: format lint types yamllint unit ## the fast loop, under 30 s

.PHONY: test
test: ## everything that CI runs
	@python3 tests/tools/stages.py

##@ The real cluster
.PHONY: sandbox
sandbox: ## boot it [CLUSTERS=3] [INGRESS=1] [PROMETHEUS=1]
	@$(SANDBOX) up $(if $(CLUSTERS),--clusters $(CLUSTERS)) $(if $(INGRESS),--ingress) $(if $(PROMETHEUS),--prometheus)

.PHONY: sandbox-status
sandbox-status: ## what runs
	@$(SANDBOX) status

.PHONY: sandbox-down
sandbox-down: ## stop it and leave nothing behind
	@$(SANDBOX) down --all
