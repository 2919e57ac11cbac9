"""The only room that knows HubSpot: how to read from it and how to write to it.

`Portal` in `portal.py` is the door. Behind it one `Transport` sends every request that the official SDK
builds, within the limits, with one retry layer, and answers in the words of `hubspot_sla.errors`.
"""
