"""Commands and rendering only. Nothing heavy is imported before a command runs: `sla --help` answers at once."""
