"""From the facts of one record to what should happen about it. Pure."""
