"""What is owed when promises are not kept: contracts, what was measured, and the statement that follows from both.
Pure: exact fractions and decimal money, never floats."""
