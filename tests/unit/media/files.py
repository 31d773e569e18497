"""Picture files of every kind, whole, tricky and hostile."""

import io
import random
import struct
import zlib

from PIL import ExifTags, Image, ImageCms

from bot.media._containers import jpeg_segment, png_chunk, webp_chunk

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MARKABLE = ("PNG", "JPEG", "WEBP")
OTHER = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="fox"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def noise(width=64, height=48, mode="RGB") -> Image.Image:
    dice = random.Random(5)
    return Image.frombytes(mode, (width, height), dice.randbytes(width * height * len(mode)))


def file(image: Image.Image, kind: str, **options) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def scene(width=320, height=240) -> Image.Image:
    """Make a picture that compresses as real ones do."""
    grey = [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.new("L", (256, 256), 90)]
    return Image.blend(Image.merge("RGB", grey).resize((width, height)), noise(width, height), 0.05)


def xmp_of(data: bytes) -> str:
    info = decode(data).info
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or ""
    return packet.decode() if isinstance(packet, bytes) else packet


def signed(kind: str, picture: Image.Image | None = None) -> bytes:
    """Put a C2PA manifest's envelope into a file; what it says does not matter here."""
    data, box = file(picture or noise(), kind), b"....jumb....c2pa"
    if kind == "PNG":
        return data[:33] + png_chunk(b"caBX", box) + data[33:]
    if kind == "JPEG":
        return data[:2] + jpeg_segment(b"\xeb", b"JP\0\1" + box) + data[2:]
    body = data[8:] + webp_chunk(b"C2PA", box)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def png_of_size(width: int, height: int) -> bytes:
    """Make a tiny file that claims a size and decodes to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def webp_of_size(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + webp_chunk(b"VP8X", b"\x02\0\0\0" + sides)
    body += webp_chunk(b"ANIM", bytes(6)) + webp_chunk(b"ANMF", bytes(24))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_of_frames(count: int, side: int = 8) -> bytes:
    data = file(Image.new("P", (8, 8)), "GIF")
    start = data.index(b"\x2c\0\0\0\0")
    head = data[:6] + struct.pack("<HH", side, side) + data[10:start]
    return head + data[start:-1] * count + b"\x3b"


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """Put chunks before the pixels of a PNG."""
    data = file(scene(), "PNG")
    return data[:33] + b"".join(png_chunk(name, body) for name, body in chunks) + data[33:]


def deep_png(mode: str, samples: list[int], side: int = 64) -> bytes:
    """Make a PNG of 16 bits a sample that shows one colour."""
    kind = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}[mode]
    header = struct.pack(">IIBBBBB", side, side, 16, kind, 0, 0, 0)
    row = b"\0" + struct.pack(f">{len(samples)}H", *samples) * side
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(row * side)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def crumbs(kind: str) -> bytes:
    """Make a picture in a file that is little but millions of empty pieces."""
    if kind == "PNG":
        return png_with(*[(b"abCd", b"")] * 250_000)
    piece = {"JPEG": b"\xff\xe5\0\2", "GIF": b"\x21\xfe\1a\0"}[kind]
    data = file(scene(), kind)
    at = 2 if kind == "JPEG" else data.index(b"\x2c\0\0\0\0")
    return data[:at] + piece * 600_000 + data[at:]


def turned(turn: object) -> Image.Exif:
    """Make the note with which a camera says how it was held, and where."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    exif[ExifTags.Base.Artist] = "Mia Muster"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = "WGS-84 Fuchsbau"
    return exif


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Make a profile in which red means green, and green red."""
    tags = srgb_profile()
    tags = tags.replace(b"rXYZ", b"xxxx", 1).replace(b"gXYZ", b"rXYZ", 1)
    return tags.replace(b"xxxx", b"gXYZ", 1)


def light_profile() -> bytes:
    """Make a profile in which what is dark is lighter than it is in sRGB."""
    curve, flat = b"para\0\0\0\0\0\3\0\0\0\2\x66\x66", b"para\0\0\0\0\0\3\0\0\0\1\0\0"
    assert curve in srgb_profile()
    return srgb_profile().replace(curve, flat)


def light_grey_profile() -> bytes:
    """Make such a profile for pictures without colour."""
    colours = light_profile()
    return (colours[:16] + b"GRAY" + colours[20:]).replace(b"rTRC", b"kTRC", 1)
