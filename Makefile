# `make` is the door: everything a developer or CI does is a target here.
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.8
export SAM_CLI_TELEMETRY := 0
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/pycache

.PHONY: setup schemas lock lock-check
setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# The JSON Schemas in docs/schemas are generated; a contract test fails where they are stale.
schemas: setup
	@$(BIN)/python scripts/schemas.py

lock: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/lock.py

lock-check: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/lock.py --check

# ── On this machine ──────────────────────────────────────────────────────────────────────────────────

SAMPLES := $(CURDIR)/.mediamill/samples

.PHONY: up down demo
up: setup  ## start the whole stack here; Ctrl-C ends it
	@$(BIN)/mediamill up

down: setup  ## end it
	@$(BIN)/mediamill down

demo: setup  ## start it, upload sample files (or FILES="a b/"), wait, show what was made
	@$(BIN)/mediamill up --detach
ifdef FILES
	@$(BIN)/mediamill upload --wait --lenient $(FILES)
else
	@$(BIN)/python scripts/samples.py $(SAMPLES)
	@$(BIN)/mediamill upload --wait $(SAMPLES)
endif
	@echo "  Stop it        make down"
