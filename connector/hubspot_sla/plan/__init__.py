"""So what should happen? Verdicts, minus what is already written and done, give actions with stable keys.

Pure, like `clock/`, and importing nothing of ours but it.
"""
