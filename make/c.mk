# The C library: header, builds, installation, packages, tests.

VERSION_C := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
LIB_BUILD := $(abspath $(TARGET_DIR))/release
C_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
PREFIX ?= /usr/local
export PREFIX LIBDIR INCLUDEDIR DESTDIR

# What is shipped names no path of the machine that built it. Panics carry the paths of their sources, so rustc shortens
# them; of two prefixes that fit, the later one counts.
CARGO_HOME_DIR := $(or $(CARGO_HOME),$(HOME)/.cargo)
SHORT_PATHS := $(foreach prefix,$(CURDIR) $(CARGO_HOME_DIR) $(wildcard $(CARGO_HOME_DIR)/registry/src/*), \
    --remap-path-prefix=$(prefix)/=)
BUILD_LIB := RUSTFLAGS="$$RUSTFLAGS $(SHORT_PATHS)" cargo build --release -p himds-ffi

.PHONY: header check-header lib install uninstall archive deb test-c test-c-sanitizers bench-c

## Writes include/himds.h and the list of exported symbols from the comments and signatures in ffi-c/src.
header:
	cargo run --quiet -p himds-header

# Fails if the committed header does not match the source.
check-header:
	cargo run --quiet -p himds-header -- --check

## Builds the C library for shipping: libhimds.so and libhimds.a.
lib:
	$(BUILD_LIB)

## Installs library, command, headers, pkg-config file and CMake package: PREFIX=, LIBDIR=, INCLUDEDIR=, DESTDIR=.
install: lib cli
	packaging/install.sh install $(LIB_BUILD) $(VERSION_C)

## Removes what `install` installed, with the same variables.
uninstall:
	packaging/install.sh uninstall $(LIB_BUILD) $(VERSION_C)

## An archive of the C library and the command that works wherever it is unpacked, for this machine.
archive: lib cli
	packaging/dist.sh $(LIB_BUILD) $(VERSION_C) $(C_TARGET)

## Debian packages: libhimds1, libhimds-dev, himds, himds-emulator.
deb: lib cli
	@tools/need.sh dpkg-deb readelf
	cargo build --release -p himds-emulator
	packaging/deb/build.sh $(LIB_BUILD) $(VERSION_C)

## The C side: header, symbols, library, installed library, packages, examples, every scenario through C.
test-c: tools-bin shipped-bin
	@tools/need.sh cargo cc
	$(BUILD_LIB) --quiet
	cargo test --quiet -p himds-ffi
	tests/c/header.sh
	tests/c/symbols.sh $(LIB_BUILD)
	tests/c/cost.sh $(LIB_BUILD) $(abspath $(TARGET_DIR))/debug/himds-emulator
	tests/c/library.sh $(abspath $(TARGET_DIR))
	tests/c/installed.sh $(LIB_BUILD) $(VERSION_C) $(abspath $(TARGET_DIR))/debug/himds-emulator
	tests/c/unit.sh
	tests/c/deb.sh $(abspath $(TARGET_DIR)) $(VERSION_C)
	tests/c/scenarios.sh $(abspath $(TARGET_DIR))

## The C tests under AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer, ThreadSanitizer and valgrind.
test-c-sanitizers: tools-bin shipped-bin
	tests/c/sanitizers.sh $(abspath $(TARGET_DIR))

## Benchmarks of the C library, next to the same work by raw sockets.
bench-c: lib
	cargo build --release -p himds-emulator
	ffi-c/benches/run.sh $(LIB_BUILD)
