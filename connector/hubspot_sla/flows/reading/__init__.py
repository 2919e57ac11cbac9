"""What HubSpot says: the list scanned, changes searched, new facts told from our own echoes, pages evaluated."""
