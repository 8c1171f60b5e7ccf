"""Breaks Socialcare on purpose and counts what was lost, doubled or late. `bin/faults --help`."""
