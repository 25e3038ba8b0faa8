# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything happens inside this checkout: environments in .venv*, caches in .cache, results in build.

PYTHON ?= python3
ARGS ?=
# Most tests wait for a server and not for a processor. 0 runs them in pytest's own process, as a debugger wants it.
WORKERS ?= 4

ROOT := $(CURDIR)
COLLECTIONS := $(ROOT)/build/collections
LINK := $(COLLECTIONS)/ansible_collections/secops/policy
TREES := $(ROOT)/build/tree
TREE := $(TREES)/ansible_collections/secops/policy
HOMES := $(ROOT)/.cache/home
BIN := $(ROOT)/.venv/bin
LINT := $(ROOT)/.venv-lint/bin
IMPORTER := $(ROOT)/.venv-importer/bin
DOCS := $(ROOT)/.venv-docs/bin
AWX := $(ROOT)/build/awx
SDK := $(ROOT)/build/sdk
BENCH := $(ROOT)/build/bench

CHECKS := ruff mypy yamllint reuse changelog docs-check docs ansible-lint importer sanity

export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export ANSIBLE_CONFIG := $(ROOT)/tests/ansible.cfg
export ANSIBLE_HOME := $(ROOT)/.cache/ansible
export ANSIBLE_REMOTE_TEMP := $(ROOT)/.cache/ansible/remote
export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONPATH := $(COLLECTIONS)
export XDG_CACHE_HOME := $(ROOT)/.cache
export XDG_DATA_HOME := $(ROOT)/.cache/share
# In data that comes from an API a template is an error; Ansible will see it so by default one day.
export _ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR := error

.PHONY: help setup generate test test-slow unit demo demo-all picture rulebook bench check $(CHECKS) ansible-test-units matrix lint format tree artefact clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: .venv/ready $(LINK) ## what the other targets need, in .venv

generate: setup ## what follows from the specs and the descriptions of the resources, made anew
	$(BIN)/python docs/specs/derive.py $(ARGS)
	$(BIN)/python tests/tools/generate.py $(ARGS)

test: setup $(SDK)/ready ## the tests, in some minutes; ARGS="-k sentry -x" chooses among all, also those of test-slow
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(or $(ARGS),-m "not slow")

test-slow: setup $(AWX)/ready ## all others: the examples of the documentation, the role awx, jobs as AWX runs them, the artefact
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(or $(ARGS),-m slow)

unit: setup ## the unit tests; ARGS=tests/unit/... for some of them
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(or $(ARGS),tests/unit)

demo: setup ## five acts against the embedded mock server for the vendors: plan, apply, drift, repair, mistake
	@$(BIN)/python -m ansible_collections.secops.policy.tests.demo.acts

demo-all: setup ## all that the demo has to show, 24 steps, whole
	$(BIN)/python tests/demo/run.py

picture: setup ## the picture of drift.html in the documentation, made anew; needs chromium and chromium-driver
	$(BIN)/python -m ansible_collections.secops.policy.tests.tools.drift_picture

rulebook: setup .venv-eda/ready ## the rulebook at work, by a real ansible-rulebook; needs Java 17
	SECOPS_REQUIRE_RULEBOOK=1 $(BIN)/python -m pytest -n 0 tests/integration/test_rulebook.py $(ARGS)

bench: setup $(BENCH)/ready ## what a run costs, as ratios; ARGS=NAME for one figure
	$(BIN)/python tests/bench/run.py $(ARGS)

check: .venv-lint/ready .venv-docs/ready .venv-importer/ready $(LINK) ## every check of the ecosystem; says at the end which ones failed
	@failed=; for name in $(CHECKS); do \
		echo "=== $$name"; started=$$(date +%s); \
		if $(MAKE) --no-print-directory $$name; then end=ok; else end=FAILED; failed="$$failed $$name"; fi; \
		echo "=== $$name: $$end ($$(( $$(date +%s) - started )) s)"; \
	done; \
	if [ -n "$$failed" ]; then echo "make check: FAILED:$$failed"; exit 1; else echo "make check: all of $(CHECKS): ok"; fi

matrix: $(LINK) $(AWX)/ready ## sanity and tests on each supported ansible-core; ARGS="2.16 2.20" for some of them
	$(PYTHON) tests/tools/matrix.py --workers $(WORKERS) $(ARGS)

lint: ruff mypy yamllint reuse changelog ## the quick ones among the checks

ruff: .venv-lint/ready ## style and common mistakes, Python
	$(LINT)/ruff check --output-format concise .
	$(LINT)/ruff format --check --output-format concise .

mypy: .venv-lint/ready $(LINK) ## types, strictly, of all that is neither documentation nor tests
	$(LINT)/mypy $(foreach part,action inventory module_utils plugin_utils,--package ansible_collections.secops.policy.plugins.$(part))

yamllint: .venv-lint/ready ## style, YAML
	$(LINT)/yamllint --strict .

reuse: .venv-lint/ready ## a licence for every file
	$(LINT)/reuse lint

changelog: .venv-lint/ready ## changelogs/
	$(LINT)/antsibull-changelog lint

docs-check: .venv-lint/ready tree ## documentation of modules and roles
	cd $(TREE) && PATH="$(LINT):$$PATH" HOME=$(HOMES)/docs ANSIBLE_COLLECTIONS_PATH=$(TREES) $(LINT)/antsibull-docs lint-collection-docs \
		--plugin-docs --validate-collection-refs self .

docs: .venv-docs/ready tree ## the documentation as a site, in build/docs/html; a warning is an error
	@rm -rf build/docs
	@mkdir -p -m 700 build/docs/rst $(HOMES)/docs
	PATH="$(DOCS):$$PATH" HOME=$(HOMES)/docs ANSIBLE_COLLECTIONS_PATH=$(TREES) $(DOCS)/antsibull-docs \
		--config-file docs/sphinx/antsibull-docs.cfg collection --use-current --squash-hierarchy --fail-on-error \
		--dest-dir build/docs/rst secops.policy
	@cp -r docs/docsite/rst/images build/docs/rst/docsite/
	@cd $(TREE) && $(DOCS)/antsibull-changelog generate --output $(ROOT)/build/docs/rst/changelog.rst --output-format rst
	@$(DOCS)/python tests/tools/site_index.py build/docs/rst
	$(DOCS)/sphinx-build -q -b html -W --keep-going -c docs/sphinx build/docs/rst build/docs/html
	@echo "Look at it: build/docs/html/index.html"

ansible-lint: .venv-lint/ready tree ## roles, playbooks, meta
	cd $(TREE) && PATH="$(LINT):$$PATH" HOME=$(HOMES)/lint ANSIBLE_COLLECTIONS_PATH=$(TREES) $(LINT)/ansible-lint --offline --nocolor

sanity: .venv-lint/ready tree ## ansible-test sanity, every test that can run here
	$(LINT)/python tests/tools/ansible_test.py sanity $(TREE) $(HOMES)/sanity $(ARGS)

ansible-test-units: .venv-lint/ready tree ## the unit tests as ansible-test runs them, with the libraries of tests/unit/requirements.txt; minutes
	$(LINT)/python tests/tools/ansible_test.py units $(TREE) $(HOMES)/units $(ARGS)

importer: .venv-importer/ready artefact ## Galaxy's importer on the built artefact, without warnings
	PATH="$(IMPORTER):$$PATH" HOME=$(HOMES)/importer $(IMPORTER)/python tests/tools/importer.py build/dist/*.tar.gz

artefact: tree ## the tarball that users install, in build/dist
	@rm -rf build/dist
	$(BIN)/ansible-galaxy collection build --output-path build/dist $(TREE)

format: .venv-lint/ready ## put Python into shape
	$(LINT)/ruff check --fix .
	$(LINT)/ruff format .

clean: ## remove everything that make made
	rm -rf .venv .venv-* .cache build .ansible tests/output

# A fresh copy without what git ignores, for tools that look at whatever lies in the collection's folder.
tree: .venv/ready
	@$(BIN)/python tests/tools/copy_tree.py $(TREE)
	@mkdir -p $(HOMES)/docs $(HOMES)/importer $(HOMES)/lint $(HOMES)/sanity $(HOMES)/units

# Tests that need it say that they are skipped where it cannot be had.
$(AWX)/ready: tests/requirements-awx.txt | .venv/ready
	@$(BIN)/python tests/tools/packaged_collections.py $(@D) $< awx.awx && touch $@ \
		|| echo "make: awx.awx cannot be had; tests of the role awx are skipped"

$(SDK)/ready: tests/requirements-sdk.txt tests/requirements-sdk-beta.txt | .venv/ready
	@$(BIN)/python tests/tools/meraki_sdk.py $(@D) && touch $@ || echo "make: Meraki's own client cannot be had; tests that run it are skipped"

# cisco.meraki, from the package that holds awx.awx too. The bench says so where it cannot be had.
$(BENCH)/ready: tests/requirements-awx.txt $(SDK)/ready
	@test -e $(SDK)/ready && $(BIN)/python tests/tools/packaged_collections.py $(@D) $< cisco.meraki ansible.utils && touch $@ \
		|| echo "make: cisco.meraki cannot be had; the bench goes without it"

$(LINK):
	@mkdir -p $(@D)
	@ln -sfn $(ROOT) $@

.venv/ready: tests/requirements.txt tests/requirements-pytest.txt
.venv-docs/ready: tests/requirements-docs.txt
.venv-eda/ready: tests/requirements-eda.txt
.venv-lint/ready: tests/requirements-lint.txt tests/requirements.txt tests/requirements-pytest.txt
.venv-importer/ready: tests/requirements-importer.txt
.venv/ready .venv-docs/ready .venv-eda/ready .venv-lint/ready .venv-importer/ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try make PYTHON=python3.12")'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python tests/tools/install.py $<
	@touch $@
