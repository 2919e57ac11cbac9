"""`sla compare`: HubSpot's own SLA beside the verdicts of the ledger. Nothing is written."""
