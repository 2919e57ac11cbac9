"""The sandbox's page: what a support team would see in HubSpot, as plain HTML that the server makes.

Boards, records, the clock with buttons to move it, and the requests that came in. Nothing is loaded from elsewhere, and
all of it works without JavaScript; the one small script only keeps a page that is being watched up to date.
It reads a `Portal` and moves its clock, and knows nothing about who writes to it.
"""
