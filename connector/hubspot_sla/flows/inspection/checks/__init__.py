"""What `sla doctor` looks at, a file for each concern; `flows/doctor.py` puts them in order and keeps going."""
