"""One profile for each object type: its HubSpot names, association types, address and scopes, and nothing else."""
