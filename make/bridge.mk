# himds bridge: rules, who calls, and the services and containers that it answers.

BRIDGE_BIN = $(abspath $(TARGET_DIR))/debug/himds
BRIDGE_INSIDE = HIMDS=$(BRIDGE_BIN) EMULATOR=$(abspath $(EMULATOR_BIN)) tests/bridge/inside.sh $(abspath $(EMULATOR_BIN))
BRIDGE_SOAK_SECONDS ?= 600

.PHONY: test-bridge test-bridge-clients test-bridge-vm bench-bridge-daemon soak-bridge

## himds bridge: policy, traps, refusals, reload and redirect, with real users, units and network namespaces.
test-bridge: tools-bin shipped-bin
	cargo test --quiet -p himds-bridge --lib daemon
	@$(BRIDGE_INSIDE) python3 tests/bridge/run.py

## Other makers' clients as services that himds bridge allows, by the redirect.
test-bridge-clients: tools-bin shipped-bin $(CURDIR)/.cache/venv-exec/.ready
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(EXEC_NODE)/.ready && cp tests/exec/programs/sdk.mjs $(EXEC_NODE)/; fi
	@export HIMDS_EXEC_PYTHON=$(EXEC_PYTHON)/bin/python HIMDS_EXEC_NODE=$(if $(shell command -v npm),$(EXEC_NODE)); \
	$(BRIDGE_INSIDE) python3 tests/bridge/run.py --clients

## The units under a systemd and a kernel of their own, in qemu.
test-bridge-vm: tools-bin shipped-bin
	tests/bridge/vm.sh $(BRIDGE_BIN) $(abspath $(EMULATOR_BIN))

## Requests by new and kept connections, 1 and 64 at once, next to a minimal server in C; memory and threads.
bench-bridge-daemon: cli
	cargo build --release -p himds-emulator
	HIMDS=$(abspath $(TARGET_DIR))/release/himds EMULATOR=$(abspath $(TARGET_DIR))/release/himds-emulator \
	    tests/bridge/inside.sh $(abspath $(TARGET_DIR))/release/himds-emulator python3 bridge/benches/daemon.py

## BRIDGE_SOAK_SECONDS=600 with the agent killed, slowed and restarted: no growth, and an answer for everybody.
soak-bridge: tools-bin shipped-bin
	@$(BRIDGE_INSIDE) python3 tests/bridge/soak.py $(BRIDGE_SOAK_SECONDS)
