"""What did we do, and why? One SQLite file: facts seen, verdicts, deadlines, outbox, audit chain.

One writer at a time (the lease), WAL, `synchronous=FULL`; what belongs together is one transaction. Nothing in
here knows HubSpot or the clocks: it keeps what it is given, and never forgets a fact it has once seen.
"""
