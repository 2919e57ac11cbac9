"""What if: the recorded records judged by other mappings. Nothing is written, neither in HubSpot nor in the ledger."""
