"""Reading HubSpot: the list scanned, changes searched, our own echoes recognised, pages evaluated."""
