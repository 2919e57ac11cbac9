"""HubSpot's bad days, on demand: everything that goes wrong on a real portal, and nothing unless asked for.

A fault says what goes wrong (an `Outcome`) and when (`When`: which route, by chance with a seed, on the nth call, or by
a script). `Faults` holds those in force for one served portal. They come from Python (`running.faults.add`), from
`POST /sandbox/faults`, or from a file (`sla sandbox --faults FILE`), in the same words everywhere.
"""
