"""Reports: what was promised, what was kept, where the time went. From the ledger alone; HubSpot is not asked."""
