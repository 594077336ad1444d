# The project's commands. Every target works from a fresh clone and installs what it needs.

TARGET := $(or $(CARGO_TARGET_DIR),target)
TOOLS := $(TARGET)/tools
PREFIX ?= /usr/local
DEBUG_BIN := $(abspath $(TARGET))/debug/chinwag
RELEASE_BIN := $(abspath $(TARGET))/release/chinwag
QUICK_BIN := $(abspath $(TARGET))/quick/chinwag
COMMIT = CHINWAG_COMMIT=$$(git rev-parse --short=12 HEAD 2>/dev/null)
WEB_SOURCES = $(shell find package-lock.json packages web -name node_modules -prune -o -name dist -prune -o -name e2e -prune -o -path web/bench -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help run build install debug web stock types test lint lint-rust lint-web fmt types-check deny audit test-rust test-brokers test-web e2e fuzz faults faults-short powercut bench bench-short bench-web bench-stack setup-run

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup-run web ## Build everything and serve on 127.0.0.1:8080
	$(COMMIT) cargo build --profile quick -p chinwag
	$(QUICK_BIN) serve

build: setup-run web ## Build the release binary, including the web client: smaller and a little faster than what `make run` builds, and takes longer
	$(COMMIT) cargo build --release -p chinwag

install: ## Install the release binary and the systemd unit into PREFIX (/usr/local), after `make build`; DESTDIR is for packages
	install -Dm755 $(RELEASE_BIN) $(DESTDIR)$(PREFIX)/bin/chinwag
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's#/usr/local/bin#$(PREFIX)/bin#' deploy/systemd/chinwag.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/chinwag.service

web: web/dist/index.html ## Build the web client if its sources changed

node_modules/.package-lock.json: package.json package-lock.json $(wildcard packages/*/package.json) web/package.json
	npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: node_modules/.package-lock.json $(WEB_SOURCES)
	npm run build
	@touch $@

types: ## Generate the web client's types from the Rust types
	cargo build -q --workspace --example typescript
	$(TARGET)/debug/examples/typescript packages/protocol/src

test: ## Run every check that must pass before a change is merged
	@scripts/test

fmt: node_modules/.package-lock.json ## Format all code
	cargo fmt --all
	npm run fmt

lint: lint-rust lint-web ## Check formatting, clippy and the web client

lint-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

lint-web: node_modules/.package-lock.json
	npm run check

types-check: types
	@test -z "$$(git status --porcelain -- packages/protocol/src)" || \
	  { git status --short -- packages/protocol/src; git --no-pager diff -- packages/protocol/src; \
	    echo "the generated types differ from the committed ones: run 'make types' and commit"; exit 1; }

deny: ## Check licences, duplicate dependencies and their sources
	scripts/cargo-deny check licenses bans sources

audit: ## Check dependencies for known vulnerabilities (needs the network)
	scripts/cargo-deny check advisories

# One build for all tests: with other packages selected, features differ and much is compiled twice.
debug: web
	cargo build --workspace --all-targets

test-rust: debug stock
	CHINWAG_BIN=$(DEBUG_BIN) scripts/rust-tests

# The third-party clients that the journeys use, installed before the first test so that no test waits for a download.
stock: tests/stock/node_modules/.package-lock.json
	@scripts/python-tools tests/stock/paho.txt >/dev/null
	@scripts/python-tools tests/stock/openapi.txt >/dev/null
	@scripts/python-tools tests/stock/openmetrics.txt >/dev/null

tests/stock/node_modules/.package-lock.json: tests/stock/package.json tests/stock/package-lock.json
	npm --prefix tests/stock ci --no-audit --no-fund
	@touch $@

# Separate, because this broker takes longer to compile than all other tests take to run.
test-brokers: debug stock ## Run the journeys with three nodes of RMQTT, which is compiled first (once; half an hour)
	scripts/rmqttd $(TOOLS)
	CHINWAG_BIN=$(DEBUG_BIN) RMQTTD=$(abspath $(TOOLS))/bin/rmqttd \
	  cargo test -p chinwag-journeys --test journeys rmqtt -- --ignored --test-threads 1

test-web: node_modules/.package-lock.json
	npm test

e2e: debug
	CHINWAG_BIN=$(DEBUG_BIN) npm --workspace web run e2e

# It breaks only its own connections and disks; the disks are in a separate mount namespace.
faults: debug ## Inject faults under load, one by one; check every guarantee from outside (minutes)
	@scripts/setup faults
	CHINWAG_BIN=$(DEBUG_BIN) scripts/faults $(abspath $(TARGET))/debug/chinwag-faults $(ARGS)

faults-short: debug
	@scripts/setup faults
	CHINWAG_BIN=$(DEBUG_BIN) scripts/faults $(abspath $(TARGET))/debug/chinwag-faults --short

powercut: debug ## Simulate power cuts at many moments of a recorded run; nothing acknowledged may be lost (two minutes)
	@scripts/setup powercut
	python3 -B tests/powercut/main.py $(DEBUG_BIN) $(ARGS)

fuzz: ## Fuzz the broker: SECONDS (60) for each of TARGETS (bytes model)
	@scripts/fuzz $(or $(SECONDS),60) $(TARGETS)

bench: build ## Compare with Mosquitto: write ratios and plots to docs/bench (about half an hour)
	@scripts/setup bench
	cargo run --release -p chinwag-bench -- --chinwag $(RELEASE_BIN) --out docs/bench $(ARGS)

bench-short: build ## The same in a few minutes, for a first impression
	@scripts/setup bench
	cargo run --release -p chinwag-bench -- --chinwag $(RELEASE_BIN) --short $(ARGS)

bench-web: build ## Measure the web client in Chromium; ARGS="--baseline BIN" compares with another binary (ten minutes)
	@scripts/setup bench-web
	CHINWAG_BIN=$(RELEASE_BIN) npm --workspace web run bench -- $(ARGS)

bench/tutorial-stack/node_modules/.package-lock.json: bench/tutorial-stack/package.json bench/tutorial-stack/package-lock.json
	npm --prefix bench/tutorial-stack ci --no-audit --no-fund
	@touch $@

bench-stack: build bench/tutorial-stack/node_modules/.package-lock.json ## Compare with Node, Express, mqtt and pg, on the same PostgreSQL and Mosquitto (six minutes)
	@scripts/setup bench-stack
	@mkdir -p docs/bench
	cargo run --release -p chinwag-bench -- stack --chinwag $(RELEASE_BIN) --out docs/bench/stack.md $(ARGS)

setup-run:
	@scripts/setup run
