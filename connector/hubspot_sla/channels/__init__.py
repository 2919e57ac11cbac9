"""Telling people: one file per kind of target, each turning the same facts into what its medium shows.

A sender gets a notice and answers what became of it; it keeps nothing, retries nothing and raises nothing. Whether and
when to send again is for flows/sending/outgoing.py, from what the ledger knows.
"""
