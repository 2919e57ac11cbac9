"""What every flow is given: settings, ledger, portal, time, the versions of the mappings."""
