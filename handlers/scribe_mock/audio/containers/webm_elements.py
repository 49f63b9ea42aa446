"""The elements of WebM files (EBML, RFC 8794; Matroska, RFC 9559): their ids, reading, writing."""

from collections.abc import Iterator

from scribe_mock.audio.audio_errors import DamagedAudio, TruncatedAudio

#: What messages say that was expected.
EXPECTED = "a complete WebM file with Opus"


class ElementId:
    """Ids of elements (RFC 8794, section 11.2; RFC 9559, section 5.1)."""

    EBML = 0x1A45DFA3
    EBML_VERSION = 0x4286
    EBML_READ_VERSION = 0x42F7
    EBML_MAX_ID_LENGTH = 0x42F2
    EBML_MAX_SIZE_LENGTH = 0x42F3
    DOC_TYPE = 0x4282
    DOC_TYPE_VERSION = 0x4287
    DOC_TYPE_READ_VERSION = 0x4285
    SEGMENT = 0x18538067
    INFO = 0x1549A966
    TIMESTAMP_SCALE = 0x2AD7B1
    DURATION = 0x4489
    MUXING_APP = 0x4D80
    WRITING_APP = 0x5741
    TRACKS = 0x1654AE6B
    TRACK_ENTRY = 0xAE
    TRACK_NUMBER = 0xD7
    TRACK_UID = 0x73C5
    TRACK_TYPE = 0x83
    FLAG_LACING = 0x9C
    CODEC_ID = 0x86
    CODEC_PRIVATE = 0x63A2
    CODEC_DELAY = 0x56AA
    SEEK_PREROLL = 0x56BB
    AUDIO = 0xE1
    SAMPLING_FREQUENCY = 0xB5
    CHANNELS = 0x9F
    ENCODINGS = 0x6D80
    ENCODING = 0x6240
    COMPRESSION = 0x5034
    ENCRYPTION = 0x5035
    CLUSTER = 0x1F43B675
    TIMESTAMP = 0xE7
    SIMPLE_BLOCK = 0xA3
    BLOCK_GROUP = 0xA0
    BLOCK = 0xA1
    DISCARD_PADDING = 0x75A2
    CUES = 0x1C53BB6B
    SEEK_HEAD = 0x114D9B74
    TAGS = 0x1254C367
    CHAPTERS = 0x1043A770
    ATTACHMENTS = 0x1941A469
    VOID = 0xEC
    CRC_32 = 0xBF
    POSITION = 0xA7
    PREVIOUS_SIZE = 0xAB
    SILENT_TRACKS = 0x5854
    BLOCK_DURATION = 0x9B
    BLOCK_ADDITIONS = 0x75A1
    REFERENCE_BLOCK = 0xFB
    REFERENCE_PRIORITY = 0xFA
    CODEC_STATE = 0xA4
    SLICES = 0x8E
    ENCRYPTED_BLOCK = 0xAF


#: The elements that a file has at its top, in a segment, in a cluster and in a block group.
KNOWN = {
    *(ElementId.EBML, ElementId.SEGMENT, ElementId.INFO, ElementId.TRACKS, ElementId.CLUSTER),
    *(ElementId.CUES, ElementId.SEEK_HEAD, ElementId.TAGS, ElementId.CHAPTERS, ElementId.VOID),
    *(ElementId.ATTACHMENTS, ElementId.CRC_32, ElementId.TIMESTAMP, ElementId.SIMPLE_BLOCK),
    *(ElementId.BLOCK_GROUP, ElementId.BLOCK, ElementId.DISCARD_PADDING, ElementId.POSITION),
    *(ElementId.PREVIOUS_SIZE, ElementId.SILENT_TRACKS, ElementId.BLOCK_DURATION),
    *(ElementId.BLOCK_ADDITIONS, ElementId.REFERENCE_BLOCK, ElementId.REFERENCE_PRIORITY),
    *(ElementId.CODEC_STATE, ElementId.SLICES, ElementId.ENCRYPTED_BLOCK),
}
#: The size of an element that ends where its parent, or another of its kind, does.
UNKNOWN = -1
#: The elements whose children are read.
ENTERED = {ElementId.SEGMENT, ElementId.CLUSTER, ElementId.BLOCK_GROUP}
#: Bytes of the longest id and size.
LONGEST_HEAD = 12
_SIMPLE_BLOCK = ElementId.SIMPLE_BLOCK


def read_number(data: bytes, position: int, keep_marker: bool) -> tuple[int, int]:
    """Return an id or a size, and where it ends (RFC 8794, sections 4 and 5).

    Args:
        data: the file.
        position: where the number begins.
        keep_marker: as ids do; a size is without the bit that tells its length, and -1 if unknown.

    Raises:
        TruncatedAudio: the file ends within the number.
        DamagedAudio: no number begins there.
    """
    if position >= len(data):
        raise TruncatedAudio("a WebM file that ends within an element", EXPECTED)
    first = data[position]
    length = 9 - first.bit_length()
    if length > (4 if keep_marker else 8):
        raise DamagedAudio(f"a WebM file with no element at byte {position}", EXPECTED)
    end = position + length
    if end > len(data):
        raise TruncatedAudio("a WebM file that ends within an element", EXPECTED)
    value = int.from_bytes(data[position:end], "big")
    if keep_marker:
        return value, end
    mask = (1 << 7 * length) - 1
    return (UNKNOWN if value & mask == mask else value & mask), end


def is_unfinished_head(data: bytes, position: int, end: int) -> bool:
    """Return whether the file ends within an element's id or size, where browsers end slices."""
    width = 9 - data[position].bit_length()
    if position + width >= end:
        return width <= 4
    return position + width + 9 - data[position + width].bit_length() > end


def element_head(data: bytes, position: int) -> tuple[int, int, int]:
    """Return an element's id, its size and where its body begins."""
    head = data[position : position + 3]
    if len(head) == 3 and head[0] == _SIMPLE_BLOCK:  # nearly all elements, so they are read faster
        if head[1] > 0x80 and head[1] != 0xFF:
            return _SIMPLE_BLOCK, head[1] & 0x7F, position + 2
        if 0x40 <= head[1] < 0x7F:
            return _SIMPLE_BLOCK, (head[1] & 0x3F) << 8 | head[2], position + 3
    name, at = read_number(data, position, True)
    size, body = read_number(data, at, False)
    return name, size, body


def elements(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start of body, end of body) of each element, parents before their children.

    Children are those of segments, clusters and block groups.

    Raises:
        TruncatedAudio: an element ends after the file.
        DamagedAudio: there is no element, or it ends after its parent.
    """
    while position < end:
        if end - position < LONGEST_HEAD and is_unfinished_head(data, position, end):
            return
        name, size, body = element_head(data, position)
        if size == UNKNOWN and name not in ENTERED:
            raise DamagedAudio(f"a WebM file with an unknown size at byte {position}", EXPECTED)
        if body + size > len(data):
            raise TruncatedAudio("a WebM file that ends before its announced end", EXPECTED)
        if body + size > end:  # each of many such elements would be read to the end of the file
            raise DamagedAudio("a WebM file with an element that ends after its parent", EXPECTED)
        stop = end if size == UNKNOWN else body + size
        yield name, body, stop
        position = body if name in ENTERED else stop


def element(name: int, value: bytes | int) -> bytes:
    """Return an element whose body is some bytes, other elements, or a number."""
    if isinstance(value, int):
        value = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    size = len(value)
    width = next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    head = (size | 1 << 7 * width).to_bytes(width, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + head + value
