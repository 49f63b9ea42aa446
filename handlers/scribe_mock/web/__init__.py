"""The pages: documentation, inspector and recorder, and the frame and headers that all share."""
