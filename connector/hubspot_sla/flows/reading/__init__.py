"""What HubSpot says: the list walked, the search polled, news told from echoes, each page surveyed."""
