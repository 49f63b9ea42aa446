"""Pages that show a running mock: its sessions and their audio, and a recorder to try it with."""
