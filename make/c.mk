# The C library: header, builds, installation, packages, tests.

VERSION_C := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
LIB_BUILD := $(abspath $(TARGET_DIR))/release
C_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
PREFIX ?= /usr/local
export PREFIX LIBDIR INCLUDEDIR DESTDIR

.PHONY: header check-header lib install uninstall dist deb test-c test-c-build test-c-library test-c-installed \
    test-c-scenarios test-c-sanitizers bench-c

## Writes include/himds.h and the list of exported symbols anew, from the comments and signatures in ffi-c/src.
header:
	cargo run --quiet -p himds-header

# Fails where the committed header is not what the source says.
check-header:
	cargo run --quiet -p himds-header -- --check

## The C library as it is shipped: libhimds.so and libhimds.a.
lib:
	cargo build --release -p himds-ffi

## Installs library, command, headers, pkg-config file and CMake package: PREFIX=, LIBDIR=, INCLUDEDIR=, DESTDIR=.
install: lib cli
	packaging/install.sh install $(LIB_BUILD) $(VERSION_C)

## Takes away what `install` installed, with the same variables.
uninstall:
	packaging/install.sh uninstall $(LIB_BUILD) $(VERSION_C)

## An archive of the C library and the command that works wherever it is unpacked.
dist: lib cli
	packaging/dist.sh $(LIB_BUILD) $(VERSION_C) $(C_TARGET)

## Debian packages: libhimds1, libhimds-dev, himds, himds-tools.
deb: lib cli
	@tools/need.sh dpkg-deb dpkg-shlibdeps
	cargo build --release -p himds-emulator
	packaging/deb/build.sh $(LIB_BUILD) $(VERSION_C)

# The library is built by a command of its own: together with the emulator it would get the emulator's features of tokio,
# and with them a pair of sockets that stays.
test-c-build:
	@tools/need.sh cargo cc
	cargo build --quiet -p himds-emulator -p himds-scenarios
	cargo build --quiet -p himds-cli
	cargo build --quiet -p himds-ffi
	cargo build --quiet -p himds-ffi --features testing --target-dir $(TARGET_DIR)/testing
	cargo build --quiet --release -p himds-ffi

## The C side: header, symbols, library, installed library, packages, examples, every scenario through C.
test-c: test-c-build
	cargo test --quiet -p himds-ffi
	tests/c/header.sh
	tests/c/symbols.sh $(LIB_BUILD)
	tests/c/library.sh $(abspath $(TARGET_DIR))
	tests/c/installed.sh $(LIB_BUILD) $(VERSION_C) $(abspath $(TARGET_DIR))/debug/himds-emulator
	tests/c/unit.sh
	tests/c/deb.sh $(abspath $(TARGET_DIR)) $(VERSION_C)
	tests/c/scenarios.sh $(abspath $(TARGET_DIR))

## The C tests under AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer, ThreadSanitizer and valgrind.
test-c-sanitizers: test-c-build
	tests/c/sanitizers.sh $(abspath $(TARGET_DIR))

## Benchmarks of the C library, beside the same by raw sockets.
bench-c: lib
	cargo build --release -p himds-emulator
	ffi-c/benches/run.sh $(LIB_BUILD)
