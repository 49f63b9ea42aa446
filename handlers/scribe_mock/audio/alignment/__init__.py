"""Where the sound of what arrived lies in what was spoken."""
