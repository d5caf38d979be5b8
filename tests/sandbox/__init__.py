"""Tests of the sandbox: the simulated shop and the vendors that show it."""
