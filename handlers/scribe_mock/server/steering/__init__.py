"""Does to requests and streams what the faults that match them say."""
