"""The chain behind promises to customers, of one record and of a period: gathered from the ledger, and shown."""
