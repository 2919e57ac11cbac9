"""The one road to the facts of a record: from HubSpot, the ledger or a file, with merges joined."""
