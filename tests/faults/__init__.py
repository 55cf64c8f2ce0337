"""A campaign of faults: datasets damaged on purpose, and every answer judged.

``python -m tests.faults --count 20000`` draws seeded mutants of four datasets, asks each of them
what a user would ask, and compares what comes back with an oracle that shares no engine with the
package (`oracle`), or on large networks with relations that must hold (`invariants`).
"""
