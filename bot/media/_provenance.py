"""Says in a file that a trained model made it, without touching a pixel.

The mark is IPTC's DigitalSourceType, written as XMP. A file that carries a C2PA manifest is
signed over all of its bytes, so it is never changed.
"""

import struct
import zlib
from collections.abc import Callable

from bot.media._check import mime_of
from bot.media._containers import (
    GIF_XMP,
    MALFORMED,
    PNG_SIGNATURE,
    Piece,
    gif_blocks,
    gif_xmp,
    jpeg_segment,
    jpeg_segments,
    png_chunk,
    png_chunks,
    webp_chunk,
    webp_chunks,
    webp_size,
)

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
# `trainedAlgorithmicMedia`, and the word for what is composed with it; in XMP and in manifests.
_MADE_BY_AI = b"rainedAlgorithmicMedia"
_PROPERTY = b"digitalsourcetype/"
_DESCRIPTION = (
    '<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    f' Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>'
).encode()
_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'%s</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_RDF_END = b"</rdf:RDF>"
_PNG_KEYWORD = b"XML:com.adobe.xmp\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_APP0, _APP1, _APP11 = b"\xe0", b"\xe1", b"\xeb"
_GIF_MANIFEST = b"C2PA_GIF"
_LONGEST_PACKET = 1_000_000
_XMP_FLAG, _ALPHA_FLAG, _VP8L_ALPHA = 0x04, 0x10, 0x10


def is_made_by_ai(data: bytes) -> bool:
    """Tell whether a file says that a trained model made it, or a part of it."""
    return _MADE_BY_AI in data


def like(source: bytes, copy: bytes) -> bytes:
    """Give a copy of a picture, marked when the picture is: its pixels are all that was copied."""
    return tag(copy) if is_made_by_ai(source) else copy


def has_manifest(data: bytes) -> bool:
    """Tell whether the file carries a C2PA manifest."""
    mime = mime_of(data)
    try:
        if mime == "image/png":
            return any(chunk.name == b"caBX" for chunk in png_chunks(data))
        if mime == "image/webp":
            return any(chunk.name == b"C2PA" for chunk in webp_chunks(data))
        if mime == "image/gif":
            return any(block.name == _GIF_MANIFEST for block in gif_blocks(data))
        # "JP" opens a JUMBF box, the envelope of a manifest; a long one has several segments.
        return mime == "image/jpeg" and any(
            piece.name == _APP11 and piece.body.startswith(b"JP") for piece in jpeg_segments(data)
        )
    except MALFORMED:
        return b"jumb" in data


def tag(data: bytes) -> bytes:
    """Mark a picture that neither is signed nor states its source; those stay as they are.

    So does a file that decodes but is not built as its type demands: better unmarked than lost.
    """
    if has_manifest(data):
        return data
    try:
        return _MARKS[mime_of(data)](data) or data
    except MALFORMED:
        return data


def _mark_png(data: bytes) -> bytes | None:
    parts = _marked(list(png_chunks(data)), _png_packet, _png_xmp, place=1)
    return PNG_SIGNATURE + b"".join(parts) if parts else None


def _png_packet(chunk: Piece) -> bytes | None:
    if chunk.name != b"iTXt" or not chunk.body.startswith(_PNG_KEYWORD):
        return None
    is_packed, rest = chunk.body[len(_PNG_KEYWORD)], chunk.body[len(_PNG_KEYWORD) + 2 :]
    text = rest.split(b"\0", 2)[2]
    return zlib.decompressobj().decompress(text, _LONGEST_PACKET) if is_packed else text


def _png_xmp(packet: bytes) -> bytes:
    return png_chunk(b"iTXt", _PNG_KEYWORD + b"\0\0\0\0" + packet)


def _mark_jpeg(data: bytes) -> bytes | None:
    pieces = list(jpeg_segments(data))
    # JFIF and Exif headers want to come first.
    place = sum(
        piece.name == _APP0 or (piece.name == _APP1 and piece.body.startswith(b"Exif"))
        for piece in pieces
    )
    parts = _marked(pieces, _jpeg_packet, _jpeg_xmp, place=place)
    return data[:2] + b"".join(parts) if parts else None


def _jpeg_packet(segment: Piece) -> bytes | None:
    is_xmp = segment.name == _APP1 and segment.body.startswith(_JPEG_XMP)
    return segment.body[len(_JPEG_XMP) :] if is_xmp else None


def _jpeg_xmp(packet: bytes) -> bytes:
    return jpeg_segment(_APP1, _JPEG_XMP + packet)


def _mark_webp(data: bytes) -> bytes | None:
    chunks = list(webp_chunks(data))
    if chunks[0].name != b"VP8X":
        chunks.insert(0, _extended_header(data, chunks[0]))
    parts = _marked(chunks, _webp_packet, _webp_xmp, place=len(chunks))
    if parts is None:
        return None
    header = chunks[0].body
    parts[0] = webp_chunk(b"VP8X", bytes([header[0] | _XMP_FLAG]) + header[1:])
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _extended_header(data: bytes, picture: Piece) -> Piece:
    """Make the header that a plain file lacks: flags and the size of the canvas."""
    width, height = webp_size(data)
    is_clear = picture.name == b"VP8L" and picture.body[4] & _VP8L_ALPHA
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return Piece(b"VP8X", bytes([_ALPHA_FLAG if is_clear else 0, 0, 0, 0]) + sides, b"")


def _webp_packet(chunk: Piece) -> bytes | None:
    return chunk.body if chunk.name == b"XMP " else None


def _webp_xmp(packet: bytes) -> bytes:
    return webp_chunk(b"XMP ", packet)


def _mark_gif(data: bytes) -> bytes | None:
    blocks = list(gif_blocks(data))
    # Last, for some look no further than the first block for what says how often it is repeated.
    parts = _marked(blocks, _gif_packet, gif_xmp, place=len(blocks) - 1)
    # The older version of the format knows no extensions.
    return b"GIF89a" + b"".join(parts)[len(b"GIF89a") :] if parts else None


def _gif_packet(block: Piece) -> bytes | None:
    return block.body if block.name == GIF_XMP else None


_MARKS = {
    "image/png": _mark_png,
    "image/jpeg": _mark_jpeg,
    "image/webp": _mark_webp,
    "image/gif": _mark_gif,
}


def _marked(
    pieces: list[Piece],
    packet_of: Callable[[Piece], bytes | None],
    build: Callable[[bytes], bytes],
    *,
    place: int,
) -> list[bytes] | None:
    """Give all pieces with the mark in the file's XMP, or in a new one put at `place`.

    None when the file states a source already.
    """
    packets = [packet_of(piece) for piece in pieces]
    if any(packet and _PROPERTY in packet for packet in packets):
        return None
    parts = [piece.whole for piece in pieces]
    for number, packet in enumerate(packets):
        if packet is not None:
            parts[number] = build(_with_mark(packet))
            return parts
    parts.insert(place, build(_with_mark(b"")))
    return parts


def _with_mark(packet: bytes) -> bytes:
    before, end, after = packet.rpartition(_RDF_END)
    return before + _DESCRIPTION + end + after if end else _PACKET % _DESCRIPTION
