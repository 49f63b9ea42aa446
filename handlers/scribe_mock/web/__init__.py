"""What all pages share: the frame around them, their look, and the headers that keep them safe."""
