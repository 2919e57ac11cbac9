"""What `sla doctor` looks at: a file for each concern. `doctor.py` beside this folder puts them in order."""
