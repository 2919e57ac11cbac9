"""What is read from elsewhere: endpoints that answer rows. Knows addresses and times as values, and no other room."""
