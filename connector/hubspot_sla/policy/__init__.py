"""What was promised? The files in mappings/, compiled into the values of `clock/`.

Nothing here touches HubSpot, the ledger or the network. Files are read in one place (`loader.read_texts`);
everything after that is a function of their texts, so that a policy version is a hash of what was read.
"""
