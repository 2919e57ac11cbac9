"""What a portal's own data say about its policies: rules found again in due instants, and guesses with their reasons.

Pure: rows in, findings out. Nothing here reads the portal, and nothing writes a file.
"""
