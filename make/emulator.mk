# The emulator, the scenarios' runner, and other libraries' clients against the emulator.

CLIENTS := tests/clients
CLIENTS_PYTHON := .cache/venv-clients
CLIENTS_NODE := .cache/node-clients

.PHONY: test-emulator test-clients test-clients-python test-clients-node clients-differences

## The emulator's own tests and the runner's.
test-emulator:
	cargo test --quiet -p himds-emulator -p himds-scenarios

## azure-identity (Python) and @azure/identity (Node) get their tokens from the emulator.
test-clients: test-clients-python test-clients-node

$(CLIENTS_PYTHON)/.ready: $(CLIENTS)/python/requirements.txt
	python3 -m venv $(CLIENTS_PYTHON)
	$(CLIENTS_PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(CLIENTS_NODE)/.ready: $(CLIENTS)/node/package.json
	mkdir -p $(CLIENTS_NODE)
	cp $< $(CLIENTS_NODE)/package.json
	cd $(CLIENTS_NODE) && npm install --silent --no-audit --no-fund --no-package-lock
	touch $@

test-clients-python: tools-bin $(CLIENTS_PYTHON)/.ready
	@$(CLIENTS)/inside.sh $(EMULATOR_BIN) $(CLIENTS_PYTHON)/bin/python $(CLIENTS)/python/test_azure_identity.py

# Node looks for packages next to the file that imports them, so the tests run as copies next to the packages.
test-clients-node: tools-bin
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo "skipped: node not found"; exit 0; fi; \
	$(MAKE) --no-print-directory $(CLIENTS_NODE)/.ready && cp $(CLIENTS)/node/*.mjs $(CLIENTS_NODE)/ && \
	$(CLIENTS)/inside.sh $(EMULATOR_BIN) node --test --test-reporter=spec $(CLIENTS_NODE)/

## Prints what these clients do where we do something particular: what the table in tests/clients/README.md is made from.
clients-differences: tools-bin $(CLIENTS_PYTHON)/.ready $(CLIENTS_NODE)/.ready
	cp $(CLIENTS)/node/*.mjs $(CLIENTS_NODE)/
	$(CLIENTS)/inside.sh $(EMULATOR_BIN) $(CLIENTS_PYTHON)/bin/python $(CLIENTS)/python/differences.py
	$(CLIENTS)/inside.sh $(EMULATOR_BIN) node $(CLIENTS_NODE)/differences.mjs
