# The Python package. Everything that is fetched or made on the way is kept under .cache/.

VENV_PY := .cache/venv-py
PY_BIN := $(VENV_PY)/bin
# The wheel of this machine for the tests, apart from dist/, which `make wheels` fills with what is to be published.
WHEEL_DIR := .cache/wheel
PY_SOURCES := python tests clients benches ../examples/python ../tests/drivers/python
export RUFF_CACHE_DIR := $(CURDIR)/.cache/ruff
export MYPY_CACHE_DIR := $(CURDIR)/.cache/mypy

.PHONY: wheel wheels wheel-for-tests wheel-for-benchmarks venv-py test-py test-py-units test-py-types test-py-style \
	test-py-scenarios test-py-install test-py-clients bench-py

venv-py:
	@tools/alone.sh .cache/venv-py.lock py/tools/venv.sh $(VENV_PY) py/requirements-build.txt py/requirements-test.txt

## The wheel of this machine into dist/.
wheel: venv-py
	$(PY_BIN)/maturin build --release -m py/Cargo.toml --out dist

## All wheels and the source distribution into dist/: those steps of `make dist`. `make test-dist` tries them.
wheels:
	@packaging/release/all.sh $(addprefix wheel:,linux-x64 linux-arm64 linux-musl-x64 linux-musl-arm64 win-x64)

# The wheel in which a Python object that is let go without the GIL ends the process. pyo3 would put it on a list under a
# lock, which a child that is forked at that moment finds locked for ever.
STRICT := RUSTFLAGS="$$RUSTFLAGS --cfg pyo3_disable_reference_pool"

wheel-for-tests: venv-py
	@$(STRICT) tools/alone.sh .cache/venv-py.lock py/tools/install-wheel.sh $(VENV_PY) $(WHEEL_DIR)

# The wheel as it is shipped, in the place of that one.
wheel-for-benchmarks: venv-py
	@tools/alone.sh .cache/venv-py.lock py/tools/install-wheel.sh $(VENV_PY) $(WHEEL_DIR)

## The Python package: tests, types, style, every scenario, installation.
test-py: test-py-style wheel-for-tests tools-bin test-py-units test-py-types test-py-scenarios test-py-install

test-py-units: wheel-for-tests tools-bin
	cd py && ../$(PY_BIN)/python -m pytest -q tests

test-py-types: wheel-for-tests
	cd py && ../$(PY_BIN)/python -m mypy.stubtest himds --concise --mypy-config-file pyproject.toml
	cd py && ../$(PY_BIN)/python -m mypy --config-file pyproject.toml python/himds
	cd examples/python && ../../$(PY_BIN)/python -m mypy --strict --config-file ../../py/pyproject.toml .
	$(PY_BIN)/pyright --project py/pyrightconfig.json

test-py-style: venv-py
	cd py && ../$(PY_BIN)/ruff format --check --quiet $(PY_SOURCES)
	cd py && ../$(PY_BIN)/ruff check --quiet $(PY_SOURCES)

test-py-scenarios: wheel-for-tests tools-bin
	$(TARGET_DIR)/debug/himds-scenarios --jobs 4 --quiet --driver "$(CURDIR)/$(PY_BIN)/python $(CURDIR)/tests/drivers/python/driver.py"

# The wheel into clean environments of two Pythons; the source distribution, built as a user's pip builds it, into one.
test-py-install: wheel-for-tests
	py/tools/install-test.sh $(WHEEL_DIR)/*.whl
	rm -rf .cache/sdist
	$(PY_BIN)/maturin sdist -m py/Cargo.toml --out .cache/sdist
	$(STRICT) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) py/tools/install-test.sh .cache/sdist/*.tar.gz $(abspath $(PY_BIN))/python

## Azure's own clients with our credential, against Azurite and the emulator's services.
test-py-clients: wheel-for-tests tools-bin
	@py/tools/venv.sh .cache/venv-py-clients py/requirements-clients.txt py/requirements-test.txt
	@.cache/venv-py-clients/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEEL_DIR)/*.whl
	@py/tools/azurite.sh
	@py/tools/kiota.sh $(abspath .cache/venv-py-clients/bin/python) 1.9.10
	cd py && ../.cache/venv-py-clients/bin/python -m pytest -q clients

## Side by side with azure-identity and msal, in one run.
bench-py: wheel-for-benchmarks
	cargo build --quiet --release -p himds-emulator
	@py/tools/venv.sh .cache/venv-py-clients py/requirements-clients.txt py/requirements-test.txt
	@.cache/venv-py-clients/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEEL_DIR)/*.whl
	cd py && HIMDS_EMULATOR=$(abspath $(TARGET_DIR))/release/himds-emulator ../.cache/venv-py-clients/bin/python -m pytest -q benches --benchmark-only --benchmark-columns=min,median,rounds --benchmark-group-by=group
