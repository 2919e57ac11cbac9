"""What clients send, as types: one model per request body. Fields are HubSpot's, in Python's spelling."""
