"""What a rung of a ladder can ask for: one file for each kind of action, and `table.py` with a line for each."""
