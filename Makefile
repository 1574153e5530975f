include $(sort $(wildcard make/*.mk))
