"""Statements of contracts from the ledger and from feeds: what was observed, settled, and shown."""
