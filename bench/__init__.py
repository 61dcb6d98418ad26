"""Benchmarks: every figure stands beside a limit measured in the same run.

`python -m bench` runs them. `parts/` holds what is measured, a file each; the rest is how: engines
and servers that are started for it, clients that load them, and figures with their spread.
"""
