# What is released: everything for every system, from one command. docs/releasing.md describes it.

.PHONY: setup-dist dist test-dist test-dist-quick check-links check-workflows

## Installs the Debian packages that `dist` and `test-dist` use on top of `make setup` (as root).
setup-dist:
	@tools/setup.sh packaging/packages.txt

## Everything that is released, for every system, into dist/. Resumable. STEPS= makes some of it: `make dist STEPS="linux-x64 deb:linux-x64"`.
dist:
	@tools/need.sh cargo cc python3 git
	@packaging/release/all.sh $(STEPS)

## Installs what `make dist` made into clean places and uses it: Pythons, a Debian, a root for RPMs, qemu, Wine.
test-dist:
	@tests/dist/all.sh

## The emulator's wheel and npm packages for this machine, and the scripts of the release, in the sample projects.
test-dist-quick: tools-bin venv-py
	@BUILD_TOOLS="$(BUILD_TOOLS)" tests/dist/quick.sh $(EMULATOR_BIN) $(CURDIR)/$(PY_BIN)/maturin

# Every relative link of the documents leads to a file and to a heading in it.
check-links:
	@python3 tools/links.py

# The workflows, by the linters of GitHub Actions; not in `make check`, since both come from registries.
check-workflows:
	@tests/dist/workflows.sh

.PHONY: conformance

## Other makers' clients through the scenarios, and docs/conformance-results.md from it. A quarter of an hour; as root. CONFORMANCE= names some clients.
conformance: tools-bin
	@tests/conformance/run.sh $(EMULATOR_BIN) $(CONFORMANCE)

.PHONY: pictures

## Draws the pictures of the README, docs/pictures/, from a run of `make demo` and of `himds diagnose` on a broken machine.
pictures: tools-bin shipped-bin
	@tools/pictures/draw.sh $(EMULATOR_BIN) $(abspath $(TARGET_DIR))/debug/himds
