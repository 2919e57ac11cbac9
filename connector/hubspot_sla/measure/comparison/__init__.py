"""HubSpot's own SLA beside our clock: whether both say the same of a ticket, and if not, by which rule they differ."""
