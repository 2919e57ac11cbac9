"""What the sandbox answers: one module per HubSpot API, and `table`, which says where each is found."""
