"""The worker: the files in jobs/, each at its turn by HubSpot's clock, and every deadline between them."""
