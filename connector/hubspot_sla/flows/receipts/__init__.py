"""Receipts: one record's verdicts with all they rest on, made from the ledger, and verified without one."""
