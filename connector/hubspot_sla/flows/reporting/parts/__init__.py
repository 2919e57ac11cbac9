"""The parts of a report: each a section of tables."""
