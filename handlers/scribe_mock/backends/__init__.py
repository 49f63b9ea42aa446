"""What a server has outside its own memory: nothing, a file, or Redis; one module each."""
