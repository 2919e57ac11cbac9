"""The outbox, sent: to HubSpot in batches several at a time, to people a target at a time."""
