"""What is spoken into the microphone of a client that is examined."""

#: The silence before and after the speech, in seconds: a microphone may begin a little late.
QUIET_SECONDS = 1.0
