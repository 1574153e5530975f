# Proof that it does not break: what is shipped is built from known crates.

.PHONY: check-dependencies

# What the C library, the command and the wheel are built from: no crate without a reason in tools/dependencies.toml.
check-dependencies:
	@python3 tools/dependencies_test.py --quiet
	@python3 tools/dependencies.py
