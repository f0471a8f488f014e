# What one does with a checkout. Every recipe calls one small program that says what it does; `make` alone lists them.
#
#   ENV=prod          the inventory: inventories/prod
#   ARGS="--limit x"  passed on to ansible-playbook (rehearse, plan, apply, policies) or to the checks (check, test, nightly)
#   FROM=v1.2         make rehearse from what ENV was at that commit, tag or branch; FROM_CODE=1 applies that with the code of then
#   REHEARSAL=1       make plan and apply against the rehearsal of ENV, instead of the account that your credentials lead to
#   OUT=prod.plan     make plan saves the plan there; make apply and make show take it as PLAN=prod.plan
#   FRESH=1           make faults from the beginning

ENV = prod
ARGS =
REHEARSAL =
FROM =
FROM_CODE =
OUT =
PLAN =
FORMAT = text
FRESH =

SHELL = /bin/bash
.DEFAULT_GOAL = help
PYTHON = .venv/bin/python
# Without compiled files every Ansible task would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help preflight setup run-setup cloud cloud-down cloud-env rehearse plan apply show policies check test nightly lint sanity molecule mutants rollout-demo bench faults fragments lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

preflight: ## say what this machine lacks, and what set-up costs
	@scripts/preflight

setup: ## make .venv with everything, tests included (about 800 MB, a few minutes)
	@scripts/setup --dev

run-setup: ## make .venv with what planning, applying and rehearsing need only
	@scripts/setup

cloud: run-setup ## start the rehearsal cloud of ENV; does nothing if it runs
	@$(PYTHON) -m scripts.rehearse start $(ENV)

cloud-down: run-setup ## stop the rehearsal cloud of ENV
	@$(PYTHON) -m rehearsal stop --name $(ENV)

cloud-env: run-setup ## print export lines that lead any AWS client to the rehearsal cloud of ENV
	@$(PYTHON) -m rehearsal env --name $(ENV)

rehearse: run-setup ## plan, apply and apply again ENV on an AWS of your own; needs no account. FROM=<git ref>: its change since
	@$(PYTHON) -m scripts.rehearse run $(if $(FROM),'--from=$(FROM)') $(if $(FROM_CODE),--from-code) $(ENV) -- $(ARGS)

plan: run-setup ## what applying ENV would change, in the account of your credentials or with REHEARSAL=1
	@$(PYTHON) -m scripts.plan make $(if $(REHEARSAL),--rehearsal) $(if $(OUT),--out '$(OUT)') $(ENV) -- $(ARGS)

apply: run-setup ## do what the saved plan PLAN says for ENV, and nothing else; refuses if anything has moved since
	@$(PYTHON) -m scripts.plan apply $(if $(REHEARSAL),--rehearsal) --plan '$(PLAN)' $(ENV) -- $(ARGS)

show: run-setup ## show the saved plan PLAN as FORMAT=text, markdown or json
	@$(PYTHON) -m scripts.plan show --format $(FORMAT) '$(PLAN)'

policies: run-setup ## write the IAM policies that planning and applying ENV need, to artifacts/policies; needs no account
	@$(PYTHON) -m scripts.policies $(ENV) -- $(ARGS)

check: setup ## the quick checks while developing: style, types, unit tests, syntax (under 2 minutes)
	@$(PYTHON) -m scripts.verify quick $(ARGS)

test: setup ## everything that CI runs (25 minutes on two cores); ARGS=--no-budgets on a slow or busy machine
	@$(PYTHON) -m scripts.verify full $(ARGS)

nightly: setup ## what CI does not run: mutants, each permission taken away, kubectl's verdicts, broken playbooks (under an hour); ARGS="--seed 7"
	@$(PYTHON) -m scripts.verify nightly $(ARGS)

lint: setup ## style, types, documentation and changelog only
	@$(PYTHON) -m scripts.verify lint $(ARGS)

sanity: setup ## ansible-test sanity only
	@$(PYTHON) -m scripts.sanity $(ARGS)

molecule: setup ## the molecule scenarios only, on a cloud of their own
	@$(PYTHON) -m scripts.verify molecule $(ARGS)

mutants: setup ## switch the rollout verifier's rules off one by one; a test has to notice each
	@$(PYTHON) -m tests.mutants $(ARGS)

rollout-demo: run-setup ## play Kubernetes rollouts that work, and a bad one that is noticed and undone (builds for 5 minutes once)
	@$(PYTHON) -m scripts.rollout_demo

bench: setup ## measure a plan and an unchanged run
	@$(PYTHON) -m benchmarks $(ARGS)

faults: setup ## break runs at every changing call, in hours; goes on where it stopped unless FRESH=1; ARGS="--sample 60 --terraform"
	@$(PYTHON) -m benchmarks.faults $(if $(FRESH),--fresh) $(ARGS)

fragments: setup ## check the changelog fragments and show what the next release would say
	@.venv/bin/antsibull-changelog lint && tail -n +1 changelogs/fragments/*

lock: setup ## work the transitive pins of requirements*.txt out again (needs a package index)
	@$(PYTHON) -m scripts.lock

clean: ## remove caches, the rehearsal clouds and .venv
	@scripts/clean
