"""The audio types of the contract, and how a file of each begins."""

TYPES = [
    "audio/webm;codecs=opus",
    "audio/wav",
    "audio/ogg",
    "audio/ogg;codecs=opus",
    "audio/mp4",
    "audio/m4a",
    "audio/mp3",
]
GENERIC = ("application/octet-stream", "application/x-www-form-urlencoded")
MAGIC = {
    "webm": lambda b: b.startswith(b"\x1aE\xdf\xa3"),
    "wav": lambda b: b.startswith(b"RIFF"),
    "ogg": lambda b: b.startswith(b"OggS"),
    "mp4": lambda b: b[4:8] == b"ftyp",
    "m4a": lambda b: b[4:8] == b"ftyp",
    "mp3": lambda b: b.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xe3")),
}
