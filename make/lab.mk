# The managed identity lab: examples/bash with real curl, jq and psql.

.PHONY: test-lab

## The lab of docs/lab.md against the emulator's ARM and Key Vault, Azurite and a PostgreSQL.
test-lab: wheel-for-tests tools-bin
	@py/tools/azurite.sh
	@tests/lab/run.sh $(EMULATOR_BIN) $(CURDIR)/$(PY_BIN)/himds
