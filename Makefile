# Two commands are all a new machine needs: `make demo` and `make test`. Both make .venv with the locked versions first.
# Needed beforehand: git, make, and python3 (3.11 or newer) with venv and pip.

PYTHON ?= python3
UV_VERSION := 0.13.9

# uv lives in an environment of its own: inside the one it manages, a sync would remove it. It must not fetch another
# Python, and it trusts the certificates of the system, as pip does, so that it works behind a private CA.
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_NO_PROGRESS := 1
unexport VIRTUAL_ENV
UV := .tools/bin/uv

.PHONY: demo test prove crash replay rungs bench bench-sync lint format schema packaging clean

demo: .venv/ready
	@.venv/bin/sla demo

test: .venv/ready
	@.venv/bin/pytest -m "not packaging"

# The laws of the clock on a hundred times as many generated cases as `make test` asks: over a million.
prove: .venv/ready
	@PROOF_SCALE=100 .venv/bin/pytest tests/clock -k "laws or scripts"

# The worker killed at every point at which a process can die, and the service desk of tests/proofs at length: an hour.
crash: .venv/ready
	@PROOF_SCALE=50 .venv/bin/pytest tests/crash tests/proofs -k "not year"

# A year of real incidents replayed past the worker, with HubSpot's bad days in between (needs the log): hours.
replay: .venv/ready
	@PROOF_SCALE=50 .venv/bin/pytest tests/proofs -k year

# Ladders over that year: every rung of 600 tickets counted out a second time, past a worker that dies and rests: 20 minutes.
# With RUNGS=2000 all 24,918 of them, which takes as long as it takes.
RUNGS ?= 50
rungs: .venv/ready
	@PROOF_SCALE=$(RUNGS) .venv/bin/pytest -s tests/proofs -k ladders

# This clock beside its peers: benchmarks/README.md.
bench: .venv/ready
	@$(UV) sync --locked --quiet --extra sandbox --group bench
	@.venv/bin/python benchmarks/business_time.py
	@.venv/bin/python benchmarks/judge.py

# A sync beside the floor of its API calls, with real limits and round trips: half an hour of real time.
bench-sync: .venv/ready
	@.venv/bin/python benchmarks/sync.py

# What .ci/run adds to the tests: style, types, and the wheel installed into an empty environment.
lint: .venv/ready
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mdformat --check *.md docs benchmarks
	@.venv/bin/mypy

# Gives code and prose their one style; both are 120 columns wide.
format: .venv/ready
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format --quiet .
	@.venv/bin/mdformat *.md docs benchmarks

# The JSON Schemas in mappings/schema/, from the models that read the mappings.
schema: .venv/ready
	@.venv/bin/python -m hubspot_sla.policy.schema mappings/schema

packaging: .venv/ready
	@.venv/bin/pytest -m packaging

.venv/ready: pyproject.toml uv.lock $(UV)
	@$(UV) sync --locked --quiet --extra sandbox --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

clean:
	@rm -rf .venv .tools dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
