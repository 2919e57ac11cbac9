"""A HubSpot look-alike served over real HTTP on loopback, with a clock of its own.

It answers the routes the product uses (tickets, tasks, companies, contacts, pipelines, properties, owners,
associations, account) in HubSpot's shapes, limits and error bodies, in the v3/v4 and the dated dialects. State
lives in memory, in a `Portal`; `seed` invents one, `load` reads one from files, `server` serves it.
The package imports nothing else of this project: it stands for the other side of the wire.
"""
