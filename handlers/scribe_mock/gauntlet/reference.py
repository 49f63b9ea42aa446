"""What is spoken into the microphone of a client that is examined."""

#: The silence before and after the speech, in seconds: a microphone may begin a little late, and
#: end a little early. After it there is less, so that the last chunk of any client has speech.
QUIET_BEFORE, QUIET_AFTER = 1.0, 0.5
