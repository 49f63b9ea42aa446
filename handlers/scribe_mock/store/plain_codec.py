"""What JSON can say as msgpack, integers of any size too."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from msgspec.msgpack import Decoder, Encoder, Ext

#: The type number of integers beyond 64 bits, which JSON has and msgpack does not.
_LARGE_INTEGER = 1


def encode_plain(value: Any) -> bytes:
    """Plain data, or dataclasses of it, as bytes."""
    try:
        return _ENCODER.encode(value)
    except OverflowError:
        return _ENCODER.encode(_with_large_integers(value))


def decode_plain(data: bytes) -> Any:
    """The plain data of `encode_plain`; raises msgspec.DecodeError."""
    return _DECODER.decode(data)


def read_extension(code: int, data: memoryview) -> int:
    """The integer of an extension; raises ValueError for another extension."""
    if code != _LARGE_INTEGER:
        raise ValueError(f"an extension of type {code}")
    return int.from_bytes(data, "big", signed=True)


_ENCODER = Encoder()
_DECODER = Decoder(ext_hook=read_extension)


def _with_large_integers(value: Any) -> Any:
    """The same value with each integer that msgpack does not have as an extension."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        size = value.bit_length() // 8 + 1
        return Ext(_LARGE_INTEGER, value.to_bytes(size, "big", signed=True))
    if isinstance(value, Mapping):
        return {key: _with_large_integers(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_with_large_integers(child) for child in value]
    if is_dataclass(value):
        return {f.name: _with_large_integers(getattr(value, f.name)) for f in fields(value)}
    return value
