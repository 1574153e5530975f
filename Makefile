# himds: `make demo` shows the main job, `make test` passes all tests. `make help` lists the rest.
#
# What a target fetches or makes on the way stays in target/ and .cache/; a tool that is missing is named with the
# command that installs it, and `make setup` installs all of them on Debian.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

include $(sort $(wildcard make/*.mk))

help:
	@awk '/^## /{text=substr($$0, 4)} /^[a-z-]+:/{if (text) {split($$1, name, ":"); printf "%-24s %s\n", name[1], text} text=""}' Makefile make/*.mk

## Installs the Debian packages that the tests use (as root).
setup:
	@tools/setup.sh make/packages-*.txt

# What a newcomer waits for: debug builds that the tests use too, and a Python package put together from their files.
DEMO := $(TARGET_DIR)/demo

## The main job against an emulated agent: source, metadata, handshake, and the same token from Rust, C and Python.
demo:
	@tools/need.sh cargo cc python3
	@cargo build --quiet -p himds-emulator -p himds --bins --examples
	@$(MAKE) --no-print-directory --silent shipped-bin
	@cc -std=c11 -Wall -Wextra -Iinclude examples/demo/token.c $(TARGET_DIR)/debug/libhimds.a \
	    -lpthread -ldl -lm -o $(TARGET_DIR)/debug/demo-token-c
	@rm -rf $(DEMO) && mkdir -p $(DEMO) && cp -R py/python/himds $(DEMO)/ && \
	    cp $(TARGET_DIR)/debug/lib_native.so $(DEMO)/himds/_native.abi3.so
	@PYTHONPATH=$(abspath $(DEMO)) python3 examples/demo/demo.py $(TARGET_DIR)/debug/himds-emulator \
	    $(TARGET_DIR)/debug/examples/demo $(TARGET_DIR)/debug/examples/token $(TARGET_DIR)/debug/demo-token-c

## Everything: checks, every language, other makers' clients.
test:
	@tools/need.sh cargo cc python3
	@$(MAKE) --no-print-directory tools-bin shipped-bin
	@BUILT=yes tools/run_all.py $(FIRST_LANE) -- $(SECOND_LANE) -- $(THIRD_LANE)

# One lane more than there are usually processors: many tests wait. Cargo replaces target/debug/himds while it tests the
# command, so all that runs that file is in one lane.
FIRST_LANE := check-sources test-emulator test-core test-cli test-exec test-bridge test-exec-clients test-proof
SECOND_LANE := test-py test-py-clients test-lab test-dist-quick test-clients test-demo
THIRD_LANE := check-deny test-c-sanitizers test-c test-powershell

# The demo is a promise too: it ends by itself, shows one fingerprint and leaves nothing.
test-demo:
	@tests/demo.sh

.PHONY: test-demo
