"""Channels: one file for each kind, which turns the same facts into what its medium shows.

A sender gets a notice and answers what became of it. It stores nothing, retries nothing and raises nothing. Whether and
when to send again is decided in flows/sending/notification_delivery.py, from what the ledger knows.
"""
