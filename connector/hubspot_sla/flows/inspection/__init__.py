"""Questions that change nothing: explain, status, doctor, evaluate."""
