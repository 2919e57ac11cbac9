"""Objectives in the form of OpenSLO (openslo/v1), which other tools read."""
