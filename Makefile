# Two commands are all a new machine needs: `make demo` and `make test`. Both make .venv with the locked versions first.
# Needed beforehand: git, make, and python3 (3.11 or newer) with venv and pip. `make help` lists the rest.

PYTHON ?= python3
UV_VERSION := 0.13.9

# uv lives in an environment of its own: inside the one it manages, a sync would remove it. It must not fetch another
# Python, and it trusts the certificates of the system, as pip does, so that it works behind a private CA.
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_NO_PROGRESS := 1
unexport VIRTUAL_ENV
# Where a shell asks for no bytecode, each of the many processes of the suite would compile this package and its libraries
# again: a second of a core for every `sla`, a quarter of a minute for every process of pytest. Git ignores what is kept.
unexport PYTHONDONTWRITEBYTECODE
UV := .tools/bin/uv

# How many processes the suite runs in: 0 is this one alone, auto is one for each core, four at most.
WORKERS ?= 2
PARALLEL := -n $(WORKERS) --maxprocesses 4 --dist worksteal
PROSE := *.md docs benchmarks

.PHONY: help demo test coverage prove crash replay rungs bench bench-sync lint format schema picture commands audit packaging clean

help: ## List these commands.
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

demo: .venv/ready ## See the whole loop on the embedded sandbox.
	@.venv/bin/sla demo

test: .venv/ready ## Run the suite, offline, in two processes. WORKERS=0 runs it in one.
	@.venv/bin/pytest -m "not packaging" $(PARALLEL)

# Measures branches, in child processes too, then holds each room against the least it must have.
coverage: .venv/ready ## Run the suite and show what it does not reach.
	@rm -f .coverage .coverage.*
	@.venv/bin/coverage run -m pytest -m "not packaging" $(PARALLEL)
	@.venv/bin/coverage combine --quiet
	@.venv/bin/python tests/coverage_goals.py

# The laws of the clock on a hundred times as many generated cases as `make test` asks: over a million. And policies
# inferred from twenty portals with generated rules, with a line on each; and every cause of `sla compare` planted.
# And a simulation of all real tickets beside two evaluations, and of 100,000 generated ones by twenty pairs of mappings.
# And a thousand receipts, with every byte of one changed; and a million entries in the tree of the audit log.
# And every byte of the rows that the log covers, of a small ledger, and a sample of that of a year; every column damaged.
prove: .venv/ready ## Test the laws of the clock on a million generated cases, inference and comparison on portals.
	@PROOF_SCALE=100 .venv/bin/pytest tests/clock -k "laws or scripts"
	@PROOF_SCALE=100 .venv/bin/pytest -rP tests/proofs/test_inferred_policies.py
	@PROOF_SCALE=100 .venv/bin/pytest -rP tests/proofs/test_compare.py
	@PROOF_SCALE=100 .venv/bin/pytest -rP tests/proofs/test_forecast.py
	@PROOF_SCALE=100 .venv/bin/pytest -rP tests/proofs/test_simulated.py
	@PROOF_SCALE=100 .venv/bin/pytest -rP $(PARALLEL) tests/proofs/test_simulated_otherwise.py
	@PROOF_SCALE=100 .venv/bin/pytest tests/flows/test_receipts.py tests/ledger/test_audit_tree.py
	@PROOF_SCALE=2 .venv/bin/pytest -rP tests/ledger/test_row_proof.py tests/ledger/test_rows_of_a_year.py
	@PROOF_SCALE=2 .venv/bin/pytest tests/cli/test_rows_that_do_not_parse.py

# The worker killed at every point at which a process can die, and the service desk of tests/proofs at length: an hour on
# two cores. Policies inferred from twenty portals are a part of `make prove`.
crash: .venv/ready ## Kill the worker at every point at which it can die.
	@PROOF_SCALE=50 .venv/bin/pytest $(PARALLEL) tests/crash tests/ledger/test_versions.py tests/proofs -k "not year and not inferred and not test_compare and not test_simulated"

# A year of real incidents replayed past the worker, with HubSpot's bad days in between (needs the log): hours.
replay: .venv/ready ## Replay a year of real incidents past the worker.
	@PROOF_SCALE=50 .venv/bin/pytest tests/proofs tests/sandbox -k year

# Ladders over that year: every rung of 600 tickets counted out a second time, past a worker that dies and rests: 20 minutes.
# With RUNGS=2000 all 24,918 of them, which takes as long as it takes.
RUNGS ?= 50
rungs: .venv/ready ## Count out every rung of that year a second time.
	@PROOF_SCALE=$(RUNGS) .venv/bin/pytest -s tests/proofs -k ladders

# Ratios, and the goals beside them: benchmarks/README.md. What needs the incident log is skipped without it.
bench: .venv/ready ## Time the clock beside its peers, and commands beside their goals.
	@$(UV) sync --locked --quiet --extra sandbox --group bench
	@.venv/bin/python benchmarks/business_time.py
	@.venv/bin/python benchmarks/judge.py
	@.venv/bin/python benchmarks/evaluate.py --rounds 2
	@.venv/bin/python benchmarks/start.py --runs 5
	@.venv/bin/python benchmarks/simulate.py --tickets 10000 100000

# A sync beside the floor of its API calls, with real limits and round trips: half an hour of real time.
bench-sync: .venv/ready ## Time a sync beside the floor of its API calls.
	@.venv/bin/python benchmarks/sync.py

# What .ci/run adds to the tests: style, types, and the wheel installed into an empty environment.
lint: .venv/ready ## Check style, types and the width of prose.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mdformat --check $(PROSE)
	@.venv/bin/mypy
	@.venv/bin/mypy benchmarks

# What ruff cannot repair stays for `make lint` to name.
format: .venv/ready ## Give code and prose their style, 120 columns wide.
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format --quiet .
	@.venv/bin/mdformat $(PROSE)

schema: .venv/ready ## Write mappings/schema/ from the models that read the mappings.
	@.venv/bin/python -m hubspot_sla.policy.json_schema mappings/schema

picture: .venv/ready ## Draw docs/explanation/architecture.svg from the imports.
	@.venv/bin/python docs/explanation/draw_architecture.py

commands: .venv/ready ## Write docs/reference/commands.md from the help texts.
	@.venv/bin/python docs/reference/write_commands.py

# Asks a public database, so it is no part of .ci/run: a new advisory must not stop an unrelated change.
audit: .venv/ready ## Look the locked dependencies up among known vulnerabilities.
	@$(UV) export --locked --quiet --all-extras --no-emit-project --format requirements-txt --output-file .tools/locked.txt
	@$(UV) tool run --quiet pip-audit --disable-pip --require-hashes --requirement .tools/locked.txt

packaging: .venv/ready ## Build the wheel, install and try it (needs the package index).
	@.venv/bin/pytest -m packaging

.venv/ready: pyproject.toml uv.lock $(UV)
	@$(UV) sync --locked --quiet --extra sandbox --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

clean: ## Remove everything that was made here.
	@rm -rf .venv .tools dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
