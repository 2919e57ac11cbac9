"""From one ticket's facts to what should happen about it: pure, and told in words."""
