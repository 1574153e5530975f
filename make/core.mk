# The core, and the checks of the whole workspace.

.PHONY: test-core check check-sources check-layers check-english check-format check-lints check-docs check-deny check-snippets bench bench-azure-identity

## The core's tests, and every scenario through the Rust API.
test-core: tools-bin
	cargo test --quiet -p himds
	tests/clients/inside.sh $(abspath $(TARGET_DIR))/debug/himds-emulator $(TARGET_DIR)/debug/examples/quick
	$(TARGET_DIR)/debug/himds-scenarios --jobs 4 --quiet --driver $(TARGET_DIR)/debug/himds-driver

## Format, lints, the order of modules, documentation, header, licences, snippets, English.
check: check-sources check-deny

check-sources: check-format check-lints check-layers check-docs check-header check-snippets check-links check-english \
    check-dependencies

check-format:
	cargo fmt --all --check

# Apart, so that the rest is checked as it is shipped: without the feature that opens the core's inside.
THE_INSIDE := -p himds-fuzz -p himds-fleet -p himds-single-flight
NOT_THE_INSIDE := $(subst -p,--exclude,$(THE_INSIDE))

check-lints:
	cargo clippy --quiet --workspace $(NOT_THE_INSIDE) --all-targets -- -D warnings
	cargo clippy --quiet $(THE_INSIDE) --all-targets -- -D warnings
	cargo clippy --quiet -p himds --features tracing -- -D warnings

# Imports run downward, and never in a circle.
check-layers:
	cargo test --quiet -p himds-layers

check-docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps -p himds -p himds-emulator -p himds-bridge -p himds-cli -p himds-scenarios

# The README's snippets are cut from examples that the tests run.
check-snippets:
	python3 tools/snippets.py --check README.md docs/*.md
	python3 tools/protocol.py

# Texts for people read as English, and stay so.
check-english:
	python3 tools/english.py

check-deny:
	@tools/deny.sh

## Benchmarks of the core, next to the same requests by hand.
bench:
	cargo bench -p himds

## The cached token next to the azure_identity crate's; a build of its own, since that brings 300 crates.
bench-azure-identity:
	cargo run --release --locked --target-dir $(TARGET_DIR)/azure-identity \
	    --manifest-path core/benches/azure-identity/Cargo.toml -- --bench
