# The lab in bash.

.PHONY: test-lab

test-lab: wheel-for-tests emulator-bin
	tests/lab.sh $(EMULATOR_BIN) $(CURDIR)/$(PY_BIN)
