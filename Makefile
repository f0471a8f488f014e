# Tasks for a checkout. Each recipe calls one small program that prints what it does. Run `make` without arguments to list the targets.
#
#   ENV=prod          the inventory: inventories/prod
#   ARGS="--limit x"  passed to ansible-playbook (rehearse, plan, apply, policies) or to the checks (check, test, nightly)
#   FROM=v1.2         make rehearse starts from ENV as of that commit, tag, or branch; FROM_CODE=1 applies it with the code of that time
#   REHEARSAL=1       plan, apply, destroy, upgrade, resources, unused, outputs use the rehearsal of ENV instead of the account of your credentials
#   OUT=prod.plan     make plan saves the plan to this file; make apply and make show read it with PLAN=prod.plan
#   CONFIRM=prod      make destroy and make upgrade do it; without, they show what they would do
#   FRESH=1           make faults starts over
#   DAYS=30           how many days back make unused looks

ENV = prod
ARGS =
REHEARSAL =
FROM =
FROM_CODE =
OUT =
PLAN =
FORMAT = text
CONFIRM =
FRESH =
DAYS = 30

SHELL = /bin/bash
.DEFAULT_GOAL = help
PYTHON = .venv/bin/python
# Without compiled files, every Ansible task would compile its imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help preflight setup run-setup cloud cloud-down cloud-env rehearse plan apply show resources outputs unused destroy upgrade audit policies check test nightly lint sanity molecule mutants rollout-demo bench faults fragments lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

preflight: ## show what is missing on this machine, and what setup costs
	@scripts/preflight

setup: ## create .venv with everything, including the tests (about 800 MB, a few minutes)
	@scripts/setup --dev

run-setup: ## create .venv with only what planning, applying, and rehearsing need
	@scripts/setup

cloud: run-setup ## start the rehearsal cloud of ENV; does nothing if it is already running
	@$(PYTHON) -m scripts.rehearse start $(ENV)

cloud-down: run-setup ## stop the rehearsal cloud of ENV
	@$(PYTHON) -m rehearsal stop --name $(ENV)

cloud-env: run-setup ## print export lines that point any AWS client to the rehearsal cloud of ENV
	@$(PYTHON) -m rehearsal env --name $(ENV)

rehearse: run-setup ## plan, apply, and reapply ENV on a local AWS; needs no account. FROM=<git ref>: rehearse the change since then
	@$(PYTHON) -m scripts.rehearse run $(if $(FROM),'--from=$(FROM)') $(if $(FROM_CODE),--from-code) $(ENV) -- $(ARGS)

# The program ends with 2 if there are changes, which is no failure here; for pipelines: docs/plan-and-summary.md.
plan: run-setup ## show what applying ENV would change, in the account of your credentials or with REHEARSAL=1
	@$(PYTHON) -m scripts.plan make $(if $(REHEARSAL),--rehearsal) $(if $(OUT),--out '$(OUT)') $(ENV) -- $(ARGS) || [ $$? -eq 2 ]

apply: run-setup ## apply exactly the saved plan PLAN for ENV; refuses if anything has changed since. With REHEARSAL=1, also without PLAN
	@$(PYTHON) -m scripts.plan apply $(if $(REHEARSAL),--rehearsal) --plan '$(PLAN)' $(ENV) -- $(ARGS)

show: run-setup ## show the saved plan PLAN as FORMAT=text, markdown, or json
	@$(PYTHON) -m scripts.plan show --format $(FORMAT) '$(PLAN)'

resources: run-setup ## list what ENV owns in AWS: component, address, id, ARN; FORMAT=json for a program
	@$(PYTHON) -m scripts.owned resources $(if $(REHEARSAL),--rehearsal) --format $(FORMAT) $(ENV) -- $(ARGS)

outputs: run-setup ## print what the components of ENV publish to others, by component; FORMAT=json for a program
	@$(PYTHON) -m scripts.owned outputs $(if $(REHEARSAL),--rehearsal) --format $(FORMAT) $(ENV) -- $(ARGS)

unused: run-setup ## list what ENV owns and nothing has used for DAYS=30 days; FORMAT=json for a program
	@$(PYTHON) -m scripts.owned unused $(if $(REHEARSAL),--rehearsal) --format $(FORMAT) --days $(DAYS) $(ENV) -- $(ARGS)

destroy: run-setup ## show what destroying ENV would remove; CONFIRM=ENV's name: remove it
	@$(PYTHON) -m scripts.operate destroy $(if $(REHEARSAL),--rehearsal) --confirm '$(CONFIRM)' $(ENV) -- $(ARGS)

upgrade: run-setup ## check what an upgrade of ENV's clusters would meet, and plan it; CONFIRM=ENV's name: upgrade them
	@$(PYTHON) -m scripts.operate upgrade $(if $(REHEARSAL),--rehearsal) --confirm '$(CONFIRM)' $(ENV) -- $(ARGS)

audit: setup ## check what ENV builds on a local AWS with Prowler (CIS and FSBP); every failing check needs a reason
	@$(PYTHON) -m scripts.audit $(ENV) $(ARGS)

policies: run-setup ## write the IAM policies needed to plan and apply ENV to artifacts/policies; needs no account
	@$(PYTHON) -m scripts.policies $(ENV) -- $(ARGS)

check: setup ## run the quick checks for development: style, types, unit tests, syntax (under 2 minutes)
	@$(PYTHON) -m scripts.verify quick $(ARGS)

test: setup ## run everything that CI runs (about 30 minutes on two cores); ARGS=--no-budgets on a slow or busy machine
	@$(PYTHON) -m scripts.verify full $(ARGS)

nightly: setup ## run what CI does not: mutants, each permission removed, kubectl's verdicts, broken playbooks, the whole contract suite, pages in a browser (under an hour); ARGS="--seed 7"
	@$(PYTHON) -m scripts.verify nightly $(ARGS)

lint: setup ## check only style, types, documentation, and changelog
	@$(PYTHON) -m scripts.verify lint $(ARGS)

sanity: setup ## run only ansible-test sanity
	@$(PYTHON) -m scripts.sanity $(ARGS)

molecule: setup ## run only the molecule scenarios, on their own cloud
	@$(PYTHON) -m scripts.verify molecule $(ARGS)

mutants: setup ## disable the rules of the rollout verifier, the snapshot gate, and deployments one by one; a test must catch each
	@$(PYTHON) -m tests.mutants $(ARGS)

rollout-demo: run-setup ## demo Kubernetes rollouts: good ones, and a bad one that is detected and rolled back (the first run builds for 5 minutes)
	@$(PYTHON) -m scripts.rollout_demo

bench: setup ## benchmark a plan and an unchanged run
	@$(PYTHON) -m benchmarks $(ARGS)

faults: setup ## interrupt runs at every changing call (takes hours); resumes unless FRESH=1; ARGS="--sample 60 --terraform"
	@$(PYTHON) -m benchmarks.faults $(if $(FRESH),--fresh) $(ARGS)

fragments: setup ## check the changelog fragments and show the next release notes
	@.venv/bin/antsibull-changelog lint && tail -n +1 changelogs/fragments/*

lock: setup ## recompute the transitive pins of requirements*.txt (needs a package index)
	@$(PYTHON) -m scripts.lock

clean: ## remove caches, the rehearsal clouds, and .venv
	@scripts/clean
