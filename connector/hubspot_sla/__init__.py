"""SLA policies as code for HubSpot Service Hub."""
