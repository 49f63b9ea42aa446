"""The gauntlet: what each scenario does to a client, what it demands, and how that is judged."""
