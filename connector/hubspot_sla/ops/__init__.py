"""How a running worker shows that it runs: log lines, metrics and health over HTTP, a heartbeat.

Knows none of the other rooms: it gets values and callables. Nothing here may stop or delay the work.
"""
