"""What was promised and what became of it, as values that can be counted, summed and compared.

Pure: standard library only, no input or output, no "now" of its own. Instants and durations are whole milliseconds.
"""
