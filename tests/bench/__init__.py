"""Measures the speed of the work that users wait for, each beside a peer on the same machine: `make bench`."""
