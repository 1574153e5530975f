# Proof that it does not break: fuzzing, properties, the soak, a fleet, what it is built from. See docs/proof.md.

FUZZ_SECONDS ?= 30
FUZZ_TARGETS ?=
SOAK_SECONDS ?= 120
PROPERTIES := --test cache_properties --test client_properties --test policy_properties

.PHONY: check-dependencies test-proof test-fuzz test-properties test-soak fuzz fuzz-seeds soak fleet \
    semver-checks abi-baseline abi-check

# What the C library, the command and the wheel are built from: no crate without a reason in tools/dependencies.toml.
check-dependencies:
	@python3 tools/dependencies_test.py --quiet
	@python3 tools/dependencies.py
	@python3 tools/one_build.py $(TOOLS)

## Short and always the same: every fuzz target over its corpus, the properties, the fleet, 15 s of the soak.
test-proof: test-fuzz test-properties test-soak

test-fuzz:
	cargo test --quiet -p himds-fuzz

test-properties:
	cargo test --quiet -p himds --features fuzzing $(PROPERTIES)
	cargo test --quiet -p himds-single-flight -p himds-fleet

# Among other tests a machine without root or mono is not an error; by its own name, the soak makes one of it.
test-soak:
	@tests/soak/run.sh 15 $(abspath $(TARGET_DIR)) || [ $$? = 77 ]

## Fuzzes each target for FUZZ_SECONDS=30, by cargo-fuzz; FUZZ_TARGETS="client error" for some of them.
fuzz:
	@fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# The corpus, from the scenarios.
fuzz-seeds:
	python3 fuzz/seeds.py

## Rust, C, Python and C# in 8 processes while the agent misbehaves, for SOAK_SECONDS=120 (as root).
soak:
	@tests/soak/run.sh $(SOAK_SECONDS) $(abspath $(TARGET_DIR))

## The fleet of 100 000 hosts: numbers, and the plot in docs/fleet.svg.
fleet:
	cargo run --quiet -p himds-fleet >$(TARGET_DIR)/fleet.csv
	python3 tests/fleet/plot.py $(TARGET_DIR)/fleet.csv >docs/fleet.svg

## For a release: whether the crate's API keeps its promise, against the sources in BASELINE=folder of the last release.
semver-checks:
	@packaging/api/semver.sh "$(BASELINE)"

## For a release: the C library's symbols and types, written into packaging/api/ to compare later releases with.
abi-baseline:
	@packaging/api/abi.sh write $(abspath $(TARGET_DIR))

## For a release: whether the C library's symbols and types are those of the baseline, or more.
abi-check:
	@packaging/api/abi.sh check $(abspath $(TARGET_DIR))
