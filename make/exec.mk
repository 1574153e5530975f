# himds exec: the front, the supervisor, and the tools that know only a VM's address.

EXEC_BIN = $(abspath $(TARGET_DIR))/debug/himds exec
EXEC_PYTHON := $(CURDIR)/.cache/venv-exec
EXEC_NODE := $(CURDIR)/.cache/node-exec
EXEC_INSIDE = HIMDS_EXEC="$(EXEC_BIN)" tests/exec/inside.sh

.PHONY: test-exec test-exec-clients bench-bridge

## The front's own tests, and what himds exec grants, refuses and leaves alone, as an ordinary user.
test-exec: tools-bin shipped-bin
	cargo test --quiet -p himds-bridge
	@$(EXEC_INSIDE) $(EMULATOR_BIN) python3 tests/exec/run.py

$(EXEC_PYTHON)/.ready: tests/exec/requirements.txt
	$(firstword $(wildcard /usr/bin/python3) python3) -m venv $(EXEC_PYTHON)
	$(EXEC_PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(EXEC_NODE)/.ready: tests/exec/package.json
	mkdir -p $(EXEC_NODE)
	cp $< $(EXEC_NODE)/package.json
	cd $(EXEC_NODE) && npm install --silent --no-audit --no-fund --no-package-lock
	touch $@

## Every runtime, other makers' clients, the examples and the Python package inside himds exec, also next to another cloud's service.
test-exec-clients: tools-bin shipped-bin wheel-for-tests $(EXEC_PYTHON)/.ready
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(EXEC_NODE)/.ready && cp tests/exec/programs/sdk.mjs $(EXEC_NODE)/; fi
	cargo build --quiet -p himds-exec-client
	@export HIMDS_EXEC_PYTHON=$(EXEC_PYTHON)/bin/python HIMDS_EXEC_RUST=$(abspath $(TARGET_DIR))/debug/himds-exec-client HIMDS_EXEC_WHEEL=$(CURDIR)/$(PY_BIN)/python \
	    HIMDS_EXEC_NODE=$(if $(shell command -v npm),$(EXEC_NODE)); \
	$(EXEC_INSIDE) $(EMULATOR_BIN) python3 tests/exec/run.py --clients && \
	$(EXEC_INSIDE) --other-cloud $(EMULATOR_BIN) python3 tests/exec/run.py exec-next-to-another-clouds-service

## What himds exec and the front cost, next to a minimal server in C.
bench-bridge: cli tools-bin
	@HIMDS_EXEC="$(abspath $(TARGET_DIR))/release/himds exec" tests/exec/inside.sh $(EMULATOR_BIN) python3 bridge/benches/run.py
