"""Render: how stories are shown. From verdicts to words for people, and to what each medium makes of them. Pure."""
