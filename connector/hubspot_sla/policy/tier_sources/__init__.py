"""The places where tiers are kept: one file for each kind of source, one line for each in `kinds.py`.

A kind says what its entry of tiers.yaml looks like, what must be read for it (a property with history, a file, an
endpoint), and which tier a customer has at an instant, with the reason. Nothing outside this folder knows the kinds.
"""
