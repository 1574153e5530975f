# Two builds serve all tests. Each is one command, so that Cargo compiles each crate once for each.

.PHONY: tools-bin shipped-bin

EMULATOR_BIN := $(abspath $(TARGET_DIR))/debug/himds-emulator
# The emulator, the scenarios' runner, and the driver that uses the Rust API.
TOOLS := himds-emulator himds-scenarios himds-driver
BUILD_TOOLS := cargo build --quiet $(addprefix -p ,$(TOOLS))

# `make test` makes both first. Then its lanes need not wait for what another one is building.
ifdef BUILT
tools-bin shipped-bin: ;
else
tools-bin:
	$(BUILD_TOOLS)

# What is shipped, and the soak's worker. Together with the emulator, it would get the emulator's features of tokio.
shipped-bin:
	cargo build --quiet -p himds-cli -p himds-ffi -p himds-py -p himds-soak
endif
