# The command himds.

VENV_CLI := .cache/venv-cli

.PHONY: cli cli-static manual test-cli bench-cli

## The command himds as it is shipped.
cli:
	RUSTFLAGS="$$RUSTFLAGS $(SHORT_PATHS)" cargo build --release -p himds-cli

## The command as one static file, for musl. Minutes of processor time.
cli-static:
	RUSTFLAGS="$$RUSTFLAGS $(SHORT_PATHS)" cli/static.sh

## Writes the manual page from the command's own table; a test says when that is needed.
manual:
	cargo run --quiet -p himds-cli --example manual >cli/himds.1

## The command: its own tests, and real tools that take its tokens (git, PostgreSQL, Google's library).
test-cli: tools-bin
	@tools/need.sh cargo python3
	cargo test --quiet -p himds-cli
	@$(MAKE) --no-print-directory shipped-bin BUILT=
	@py/tools/venv.sh $(VENV_CLI) cli/tests/real/requirements.txt
	cli/tests/real/run.sh $(abspath $(TARGET_DIR))/debug/himds-emulator $(abspath $(TARGET_DIR))/debug/himds $(CURDIR)/$(VENV_CLI)/bin/python

## From start to token, next to raw sockets in C, the same from Python, and curl with jq.
bench-cli: cli wheel-for-benchmarks
	cargo build --release -p himds-emulator
	cli/benches/run.sh $(abspath $(TARGET_DIR))/release $(CURDIR)/$(PY_BIN)
