# `make` is the door: everything a developer or CI does is a target here; `make help` lists them.
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.8
RUN    := PATH="$(CURDIR)/$(BIN):$$PATH"
export SAM_CLI_TELEMETRY := 0
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/pycache

.PHONY: help setup
help:  ## list the targets
	@sed -nE 's/^([a-z0-9 -]+):[^#]*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-34s %s\n", $$1, $$2}'

setup: $(VENV)/.ready  ## make the virtual environment, with exactly what is locked

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "Setting up $(VENV) with what requirements.lock names"
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@mkdir -p .build
	@touch $@

# ── On this machine ──────────────────────────────────────────────────────────────────────────────────

SAMPLES := $(CURDIR)/.mediamill/samples
WORKER  := $(if $(OFFICE),--office $(OFFICE))

.PHONY: up down demo
up: setup  ## start the whole stack here; Ctrl-C ends it (OFFICE=image, function or none: see docs/office.md)
	@$(BIN)/mediamill up $(WORKER)

down: setup  ## end it
	@$(BIN)/mediamill down

demo: setup  ## start it, upload sample files (or FILES="a b/"), wait, show what was made
	@$(BIN)/mediamill up --detach $(WORKER)
ifdef FILES
	@$(BIN)/mediamill upload --wait --lenient $(FILES)
else
	@$(BIN)/python scripts/samples.py $(SAMPLES)
	@$(BIN)/mediamill upload --wait $(SAMPLES)
endif
	@echo "  Stop it        make down"

# ── Checks ───────────────────────────────────────────────────────────────────────────────────────────

.PHONY: fmt lint type test unit media functional contract e2e
fmt: setup  ## put the code into form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lint: setup  ## style, layers, the template, and whether the lock is what it should be
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports > .build/imports.txt || (cat .build/imports.txt; exit 1)
	@$(RUN) sam validate --lint --region us-east-1
	@$(MAKE) --silent .build/audited
	@$(RUN) python scripts/lock.py --check
	@$(BIN)/python scripts/openapi.py --check

.PHONY: audit
audit: setup  ## the template as AWS gets it, for every value of its parameters: cfn-lint and checkov
	@rm -f .build/audited && $(MAKE) --silent .build/audited

.build/audited: template.yaml scripts/audit.py scripts/expand.py .build/checkov/.ready
	@$(BIN)/python scripts/audit.py
	@touch $@

.build/checkov/.ready: scripts/checkov.lock
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .build/checkov
	@$(BIN)/uv pip sync --quiet --python .build/checkov/bin/python --require-hashes scripts/checkov.lock
	@touch $@

type: setup  ## strict types
	@$(BIN)/mypy

unit media functional contract e2e: setup  ## one folder of the tests
	@$(RUN) pytest tests/$@

.PHONY: api-fuzz
api-fuzz: setup  ## the deployed API against calls from its own document: CASES=2000
	@API_FUZZ_CASES=$(or $(CASES),2000) $(RUN) pytest tests/e2e/test_api_fuzz.py -q -s

.PHONY: model
model: setup  ## search what may happen for what must not: HISTORIES=200000 [SEED=1]
	@PYTHONPATH=tests $(BIN)/python -m model.search \
	  --histories $(or $(HISTORIES),20000) --seed $(or $(SEED),1) $(MODEL)

test: lint type  ## everything: lint, types, all tests
	@$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not docker and not page"

.PHONY: page
page: setup  ## type docs/deploy.md from its first line to its last, on an emulator
	@$(RUN) pytest tests/e2e/test_deploy_page.py

# ── What is generated, and checked to be up to date ──────────────────────────────────────────────────

.PHONY: lock schemas events
lock: setup  ## resolve pyproject.toml into requirements.lock and the functions' parts of it
	@$(RUN) python scripts/lock.py

# The JSON Schemas in docs/schemas are generated; a contract test fails where they are stale.
schemas: setup  ## write docs/schemas and docs/openapi.json from the typed classes
	@$(BIN)/python scripts/schemas.py
	@$(BIN)/python scripts/openapi.py

events: setup  ## write events/, what each function is sent
	@$(BIN)/python scripts/events.py

# ── What is shipped ──────────────────────────────────────────────────────────────────────────────────

.PHONY: build rollback bench bench-start costs clean
build: setup  ## build the functions for AWS: stripped, compiled, the same bytes every time
	@$(RUN) sam build
	@$(RUN) python scripts/finish.py

ROLLBACK := .build/rollback
rollback: setup  ## build and deploy an earlier commit: TO=v1.2.0 [DEPLOY="--config-env prod"]
	@test -n "$(TO)" || { echo "Say which commit or tag: make rollback TO=v1.2.0"; exit 1; }
	@git rev-parse --quiet --verify "$(TO)^{commit}" >/dev/null || { echo "There is no commit $(TO)."; exit 1; }
	@rm -rf $(ROLLBACK) && git worktree prune && git worktree add --quiet --detach $(ROLLBACK) $(TO)
	@$(MAKE) --silent -C $(ROLLBACK) build
	@cd $(ROLLBACK) && PATH="$$PWD/$(BIN):$$PATH" sam deploy --config-file $(CURDIR)/samconfig.toml $(DEPLOY)
	@git worktree remove --force $(ROLLBACK)

bench: setup  ## pictures side by side with sharp, Pillow and libvips (fetches them once)
	@$(BIN)/python benchmarks/images.py

bench-start costs: setup  ## how long functions take to start; what a thousand files cost
	@$(BIN)/python benchmarks/$(if $(filter costs,$@),costs,cold_start).py

clean:  ## remove what was built, but not the local stack's state
	@rm -rf .aws-sam .build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# ── In Docker, as Lambda would ───────────────────────────────────────────────────────────────────────

ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
HERE := Runtime=python3.13 Architecture=$(ARCH)

.PHONY: invoke images test-docker
invoke: setup  ## one function on its sample event: FUNCTION=Image [EVENT=image-last-try]
	@scripts/lambda_base.sh
	@$(RUN) sam build --build-dir .build/invoke --parameter-overrides "$(HERE)" > .build/invoke.log 2>&1 \
	  || (cat .build/invoke.log; exit 1)
	@$(RUN) python scripts/invoke.py $(FUNCTION) $(if $(EVENT),--event $(EVENT)) \
	  --build-dir .build/invoke --parameter-overrides "$(HERE)" $(INVOKE)

images: setup  ## the images that functions are run in here; quietly nothing where there is no Docker
	@docker info >/dev/null 2>&1 || exit 0; \
	  scripts/lambda_base.sh && \
	  { $(MAKE) --silent office-image-local 2>/dev/null \
	    || { scripts/lambda_base.sh --debian && $(MAKE) --silent office-image-local \
	      BASE=mediamill-lambda-base:debian; } \
	    || echo "The office image cannot be built here: .build/office-image.log"; } && \
	  { $(MAKE) --silent scan-image-local 2>/dev/null \
	    || { scripts/lambda_base.sh --debian && $(MAKE) --silent scan-image-local \
	      BASE=mediamill-lambda-base:debian; } \
	    || echo "The scanner's image cannot be built here: .build/scan-image.log"; }

test-docker: images  ## every function in Docker; skips in one line where there is none
	@docker info >/dev/null 2>&1 || { echo "No Docker here: nothing to test in it."; exit 0; }; \
	  $(RUN) pytest tests/docker tests/functional/test_office_image.py -m docker -rA

.PHONY: arm64
arm64: setup  ## every built arm64 function at a small job, under QEMU (qemu-user-static, mmdebstrap)
	@$(RUN) python scripts/arm64.py

# ── The office worker's image ────────────────────────────────────────────────────────────────────────

# Lambda takes one image, no index of several: BuildKit makes an index where it adds attestations.
IMAGE    ?= mediamill-office:$(shell git rev-parse --short HEAD 2>/dev/null || echo 1)
PLATFORM ?= linux/arm64
DOCKERFILE := functions/office/Dockerfile
.PHONY: office-image
office-image:  ## build it as IMAGE for PLATFORM; push that, deploy with OfficeWorker=image OfficeImage=IMAGE
	@BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --file $(DOCKERFILE) \
	  --tag $(IMAGE) --platform $(PLATFORM) $(if $(BASE),--build-arg BASE=$(BASE)) .
	@! docker image inspect $(IMAGE) | grep -qE 'image\.index|manifest\.list' || \
	  { echo "$(IMAGE) is an index of images, which Lambda refuses: build it without attestations."; exit 1; }
	@echo "Built $(IMAGE) for $(PLATFORM)"

.PHONY: scan-image
scan-image:  ## the same of the scanner: push it, deploy with Scan=clamav ScanImage=IMAGE
	@$(MAKE) --silent office-image DOCKERFILE=functions/scan/Dockerfile \
	  IMAGE=$(if $(filter command line,$(origin IMAGE)),$(IMAGE),$(subst office,scan,$(IMAGE)))

.PHONY: scan-image-local
scan-image-local:  ## the same for this machine, as the tests want it
	@mkdir -p .build && $(MAKE) --silent scan-image IMAGE=mediamill-scan:local \
	  PLATFORM=linux/$(if $(filter arm64,$(ARCH)),arm64,amd64) > .build/scan-image.log 2>&1

.PHONY: office-image-local
office-image-local: setup  ## the same with SAM's runtime emulator in it, as `mediamill up` builds it
	@$(BIN)/python scripts/office_image.py $(if $(BASE),--base $(BASE))
