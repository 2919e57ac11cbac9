"""Gather, decide, apply. Flows wire the rooms together; the deciding part is pure and lives in `decide.py`."""
