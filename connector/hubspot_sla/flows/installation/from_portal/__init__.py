"""Mappings that start from a portal as it is: read it, guess and infer, write files with the reason of each line."""
