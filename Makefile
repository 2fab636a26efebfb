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
