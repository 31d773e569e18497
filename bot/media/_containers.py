"""The insides of picture files, walked without decoding: chunks, segments and blocks.

Every walker gives pieces that join to the very same file, and raises one of `MALFORMED`
for a file that is not built as its type demands.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MALFORMED = (ValueError, IndexError, OverflowError, struct.error, zlib.error)
_MARKER, _SOS = 0xFF, 0xDA
_GIF_EXTENSION, _GIF_IMAGE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_APPLICATION = b"\x21\xff"
GIF_XMP = b"XMP Data"
# Wherever in the packet a piece seems to begin, its length leads into these and so to the end.
_GIF_XMP_END = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
_GIF_PIECES, _GIF_USUAL_PIECE = 20_000, 64


@dataclass(frozen=True)
class Piece:
    """One chunk or segment: its name, what it holds, and all of its bytes."""

    name: bytes
    body: bytes
    whole: bytes


def png_chunks(data: bytes) -> Iterator[Piece]:
    """Walk the chunks after the signature; what follows IEND comes as one piece without a name."""
    at = len(PNG_SIGNATURE)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut off")
        yield Piece(name, data[at + 8 : end - 4], data[at:end])
        at = end
        if name == b"IEND":
            break
    if at < len(data):
        yield Piece(b"", b"", data[at:])


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Build a chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def jpeg_segments(data: bytes) -> Iterator[Piece]:
    """Walk the segments after SOI; from the first scan on, everything is one piece."""
    at = start = 2
    while True:
        if data[at] != _MARKER:
            raise ValueError("no marker where a segment should start")
        code = data[at + 1]
        if code == _SOS:
            yield Piece(b"\xda", b"", data[start:])
            return
        if code == _MARKER:  # a marker may be preceded by any number of fill bytes
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        yield Piece(bytes([code]), data[at + 4 : end], data[start:end])
        at = start = end


def jpeg_segment(name: bytes, body: bytes) -> bytes:
    """Build a segment; `body` is at most 65533 bytes."""
    return b"\xff" + name + struct.pack(">H", len(body) + 2) + body


def webp_chunks(data: bytes) -> Iterator[Piece]:
    """Walk the chunks of the RIFF container; each body is without its padding."""
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    at = 12
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        after = at + 8 + length + length % 2
        yield Piece(name, data[at + 8 : at + 8 + length], data[at:after])
        at = after


def webp_chunk(name: bytes, body: bytes) -> bytes:
    """Build a chunk, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp_size(data: bytes) -> tuple[int, int]:
    """Read width and height of the canvas from the first chunk.

    Raises:
        ValueError: the first chunk is none that a WebP file can start with.
    """
    first = next(webp_chunks(data), None)
    if first and first.name == b"VP8X":
        wide, high = (int.from_bytes(first.body[i : i + 3], "little") for i in (4, 7))
        return wide + 1, high + 1
    if first and first.name == b"VP8L":
        (bits,) = struct.unpack_from("<I", first.body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if first and first.name == b"VP8 ":
        wide, high = struct.unpack_from("<HH", first.body, 6)
        return wide & 0x3FFF, high & 0x3FFF
    raise ValueError("no WebP picture")


def gif_frames(data: bytes, *, enough: int) -> int:
    """Count the frames, but no further than `enough`.

    Raises:
        ValueError: it is cut into far smaller pieces than any program cuts a picture into.
    """
    most, frames = _GIF_PIECES + len(data) // _GIF_USUAL_PIECE, 0
    for number, piece in enumerate(_gif_pieces(data)):
        if number > most:
            raise ValueError("built of too many pieces")
        frames += piece == _GIF_IMAGE
        if frames == enough:
            break
    return frames


def _gif_pieces(data: bytes) -> Iterator[int]:
    """Walk the blocks: the first byte of each, and a zero for each piece of its body."""
    at = 13 + _gif_table(data[10])
    while data[at] != _GIF_END:
        yield data[at]
        if data[at] == _GIF_IMAGE:
            at += 11 + _gif_table(data[at + 9])
        elif data[at] == _GIF_EXTENSION:
            at += 2
        else:
            raise ValueError("no block where one should start")
        while data[at]:
            at += data[at] + 1
            yield 0
        at += 1


def gif_blocks(data: bytes) -> Iterator[Piece]:
    """Walk the header, each block, and the end with what follows it.

    Applications' blocks bear the application's name; XMP's hold the packet alone.

    Raises:
        ValueError: as `gif_frames` does.
    """
    most = _GIF_PIECES + len(data) // _GIF_USUAL_PIECE
    at = 13 + _gif_table(data[10])
    yield Piece(b"", b"", data[:at])
    while data[at] != _GIF_END:
        start = at
        if data[at] == _GIF_IMAGE:
            at += 11 + _gif_table(data[at + 9])
        elif data[at] == _GIF_EXTENSION:
            at += 2
        else:
            raise ValueError("no block where one should start")
        body = at
        while data[at]:
            at += data[at] + 1
            most -= 1
            if most < 0:
                raise ValueError("built of too many pieces")
        at += 1
        name = data[body + 1 : body + 9] if data[start : start + 2] == _GIF_APPLICATION else b""
        packet = data[body + 12 : at - len(_GIF_XMP_END)] if name == GIF_XMP else b""
        yield Piece(name, packet, data[start:at])
    yield Piece(b"", b"", data[at:])


def gif_xmp(packet: bytes) -> bytes:
    """Build the block that holds XMP: whole, and so made that walking it as pieces ends well."""
    return _GIF_APPLICATION + b"\x0b" + GIF_XMP + b"XMP" + packet + _GIF_XMP_END


def _gif_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
