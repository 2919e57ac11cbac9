"""What time is it on this ticket's clock? Facts, promises and `now` in; verdicts out.

Pure: standard library only, no input or output, no environment, no "now" of its own. Instants are whole
milliseconds since 1970-01-01T00:00:00Z (`_ms`, or `at`), so that "late" is decided exactly; aware UTC
datetimes exist only at the edge. Intervals are half-open: `[from, to)`.
"""
