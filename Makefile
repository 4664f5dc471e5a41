# SPDX-License-Identifier: GPL-3.0-or-later
# Every command of a checkout; each one sets up what it needs. `make help` lists them.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

CACHE := $(or $(AVIARY_CANARY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aviary-canary)
SANDBOX := python3 tests/sandbox
WITH_SANDBOX := tests/tools/with_sandbox.sh
IN_TREE := tests/tools/in_tree.sh
export PATH := $(CURDIR)/.venv/bin:$(PATH)

##@ Everyday
.PHONY: help
help: ## this list
	@if [ -t 1 ]; then bold=$$'\033[1m'; colour=$$'\033[36m'; plain=$$'\033[0m'; fi; \
	awk -v bold="$$bold" -v colour="$$colour" -v plain="$$plain" 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s%s%s\n", bold, substr($$0, 5), plain } \
	  /^[a-z-]+:.*## / { printf "  %smake %-18s%s%s\n", colour, $$1, plain, $$2 }' $(MAKEFILE_LIST)
	@echo

.PHONY: setup
setup: .venv/.stamp ## the tools in .venv, pinned (the other commands do this by themselves)
	@echo ". .venv/bin/activate gives ansible-playbook and the tools"

.venv/.stamp: tests/requirements.txt tests/constraints.txt tests/tools/setup.sh
	@tests/tools/setup.sh

.PHONY: demo
# A KUBECONFIG of the shell is not meant: whoever wants the demo on a cluster of his own says so here.
demo: .venv/.stamp ## both parts of the tutorial on a real cluster [KUBECONFIG=FILE: on your own]
	@$(if $(filter command,$(origin KUBECONFIG)),,env -u KUBECONFIG) tests/demo/run

.PHONY: check
check: format lint types yamllint unit ## the fast loop, under 30 s

.PHONY: test
test: ## everything that CI runs
	@python3 tests/tools/stages.py

.PHONY: docs
docs: .venv/.stamp ## the documentation site, in build/docs
	@$(IN_TREE) "$(CURDIR)/tests/tools/docs.sh"

.PHONY: build
build: .venv/.stamp ## the tarball, in build/, imported as Galaxy would
	@$(IN_TREE) "$(CURDIR)/tests/tools/build.sh"

.PHONY: clean
clean: ## remove build/ and the caches of the tools (.venv and the sandbox's cache stay)
	@rm -rf build .hypothesis .ansible

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

.PHONY: bench
bench: .venv/.stamp ## our tasks beside kubernetes.core's, into build/bench.json [ROUNDS=5] [ROWS=forks,door] [KEEP=1]
	@KUBECONFIG="$(CACHE)/run/kubeconfig" $(WITH_SANDBOX) sandbox-1 --ingress -- python3 tests/bench \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ROWS),--rows "$(ROWS)")

##@ The stages of make test
.PHONY: format
format: .venv/.stamp ## ruff format, nothing is rewritten (make fix does that)
	@ruff format --quiet --check . || { echo "run make fix"; exit 1; }

.PHONY: lint
lint: .venv/.stamp ## ruff
	@ruff check --quiet .

.PHONY: types
types: .venv/.stamp ## mypy, strict in plugins/module_utils/_domain
	@set -o pipefail; mypy --no-error-summary | sed 's#^\.venv/collections/ansible_collections/aviary/canary/##'

.PHONY: yamllint
yamllint: .venv/.stamp ## every YAML file
	@yamllint --strict .

.PHONY: unit
unit: .venv/.stamp ## unit, property, layering and contract tests
	@pytest -q tests/unit

.PHONY: sanity
sanity: .venv/.stamp ## ansible-test sanity, no container, no ignore file
	@$(IN_TREE) "$(CURDIR)/tests/tools/sanity.sh"

.PHONY: ansible-lint
ansible-lint: .venv/.stamp ## the production profile, offline
	@$(IN_TREE) ansible-lint --offline --strict --nocolor

.PHONY: docs-lint
docs-lint: .venv/.stamp ## the plugins' and roles' documentation and the references in it
	@$(IN_TREE) antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs \
	  --validate-collection-refs all .

.PHONY: changelog-lint
changelog-lint: .venv/.stamp ## the changelog fragments
	@$(IN_TREE) antsibull-changelog lint

.PHONY: test-modules
test-modules: .venv/.stamp ## the modules against a real API server (without nodes)
	@AVIARY_CANARY_TEST_KUBECONFIG="$(CACHE)/run/control-plane.kubeconfig" \
	  $(WITH_SANDBOX) control-plane --control-plane -- pytest -q tests/modules

.PHONY: test-integration
test-integration: .venv/.stamp ## roles and playbooks on the whole sandbox
	@KUBECONFIG="$(CACHE)/run/kubeconfig" $(WITH_SANDBOX) sandbox-1 --ingress -- tests/integration/run

##@ Upkeep
.PHONY: fix
fix: .venv/.stamp ## format and mend what ruff can
	@ruff check --quiet --fix . ; ruff format .

.PHONY: lock
lock: ## renew tests/constraints.txt after a change of tests/requirements.txt
	@python3 -m venv --clear build/lock
	@build/lock/bin/pip install --quiet -r tests/requirements.txt
	@{ head -n 2 tests/constraints.txt; build/lock/bin/pip freeze; } > build/constraints.txt
	@mv build/constraints.txt tests/constraints.txt; rm -r build/lock
