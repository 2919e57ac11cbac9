"""How a running worker tells others that it runs: log lines, metrics and health over HTTP, a heartbeat.

Knows none of the other rooms: what is told comes as values and callables. Nothing here may stop or delay the work.
"""
