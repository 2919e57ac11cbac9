"""Setup and teardown of our properties, the starter set, backups."""
