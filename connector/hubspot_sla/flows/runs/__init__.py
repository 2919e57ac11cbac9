"""What a run does: sync, sweep, slow lane, refresh, deadlines, resending."""
