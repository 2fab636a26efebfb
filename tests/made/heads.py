"""How a file of each promised format begins, by the name that docs give the format."""

from __future__ import annotations

import gzip
import io
import struct

from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>'


def box(kind: bytes, *inside: bytes) -> bytes:
    """A box of the ISO base media file format."""
    body = b"".join(inside)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def film(brand: bytes, *handlers: bytes, index_last: bool = False) -> bytes:
    """An ISO film whose tracks have these handlers: `vide`, `soun`, `text`."""
    tracks = [
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(13)))) for kind in handlers
    ]
    index = box(b"moov", box(b"mvhd", bytes(100)), *tracks)
    streams = box(b"mdat", bytes(200_000))
    start = box(b"ftyp", brand, bytes(4), brand)
    return start + (streams + index if index_last else index + streams)


def still(brand: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO picture."""
    return box(b"ftyp", brand, bytes(4), brand, *compatible) + bytes(64)


def packets(each: int = 188, before: bytes = b"") -> bytes:
    """A transport stream of empty packets."""
    return (before + b"\x47\x1f\xff\x10" + bytes(each - 4 - len(before))) * 300


def element(name: int, body: bytes) -> bytes:
    """An element of Matroska."""
    return name.to_bytes((name.bit_length() + 7) // 8) + (1 << 28 | len(body)).to_bytes(4) + body


def matroska(doctype: bytes, *types: int) -> bytes:
    """Matroska whose tracks have these types: 1 pictures, 2 sound, 17 subtitles."""
    entries = b"".join(element(0xAE, element(0x83, bytes([kind]))) for kind in types)
    tracks = element(0x1654AE6B, entries)
    return element(0x1A45DFA3, element(0x4282, doctype)) + element(0x18538067, tracks + bytes(64))


def ogg(codec: bytes) -> bytes:
    """The first page of an Ogg stream."""
    return b"OggS\0\x02" + bytes(20) + b"\x01\x1e" + codec + bytes(100)


def tga() -> bytes:
    """A TGA of 8 by 6 pixels without a footer, as most are."""
    return struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 8, 6, 24, 0) + bytes(8 * 6 * 3)


def _picture(format_: str, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (8, 6)).save(buffer, format_)
    return buffer.getvalue()


def _raw(magic: bytes) -> bytes:
    """A camera raw: a TIFF structure of one empty directory, but for its magic."""
    return magic + struct.pack("<IHI", 8, 0, 0)


# Name in docs → first bytes, the extension where it has to agree, and the media type at the door.
PICTURES: dict[str, tuple[bytes, str, str]] = {
    "JPEG": (_picture("JPEG"), "", "image/jpeg"),
    "PNG": (_picture("PNG"), "", "image/png"),
    "APNG": (_picture("PNG"), "apng", "image/png"),
    "WebP": (_picture("WEBP"), "", "image/webp"),
    "GIF": (_picture("GIF"), "", "image/gif"),
    "TIFF": (_picture("TIFF"), "", "image/tiff"),
    "BigTIFF": (b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + bytes(16), "", "image/tiff"),
    "AVIF": (still(b"avif", b"mif1", b"miaf"), "", "image/avif"),
    "HEIC/HEIF": (still(b"heic", b"mif1"), "", "image/heic"),
    "mif2": (still(b"mif2", b"heic"), "", "image/heic"),
    "miaf": (still(b"miaf"), "", "image/heif"),
    "JPEG XL": (b"\xff\x0a" + bytes(64), "", "image/jxl"),
    "JPEG 2000": (_picture("JPEG2000"), "", "image/jp2"),
    "BMP": (_picture("BMP"), "", "image/bmp"),
    "ICO": (_picture("ICO"), "", "image/vnd.microsoft.icon"),
    "PPM": (_picture("PPM"), "", "image/x-portable-pixmap"),
    "PGM": (_picture("PPM", "L"), "", "image/x-portable-graymap"),
    "PBM": (_picture("PPM", "1"), "", "image/x-portable-bitmap"),
    "TGA": (tga(), "tga", "image/x-tga"),
    "CUR": (b"\0\0\2\0\1\0\x20\x20\0\0" + bytes(60), "", "image/x-win-cursor"),
    "DDS": (_picture("DDS"), "", "image/vnd.ms-dds"),
    "PCX": (_picture("PCX"), "pcx", "image/x-pcx"),
    "SGI": (_picture("SGI"), "", "image/x-sgi"),
    "XPM": (b"/* XPM */\n" + bytes(60), "", "image/x-xpixmap"),
    "PSD": (b"8BPS\0\x01" + bytes(60), "", "image/vnd.adobe.photoshop"),
    "SVG": (b'<?xml version="1.0"?>\n<!-- a note -->\n<!DOCTYPE svg>\n' + SVG, "", "image/svg+xml"),
    "SVGZ": (gzip.compress(SVG), "", "image/svg+xml"),
    "DNG": (_picture("TIFF"), "dng", "image/x-adobe-dng"),
    "CR2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(20), "", "image/x-canon-cr2"),
    "NEF": (_picture("TIFF"), "nef", "image/x-nikon-nef"),
    "ARW": (_picture("TIFF"), "arw", "image/x-sony-arw"),
    "PEF": (_picture("TIFF"), "pef", "image/x-pentax-pef"),
    "ORF": (_raw(b"IIRO"), "", "image/x-olympus-orf"),
    "RW2": (_raw(b"IIU\0"), "", "image/x-panasonic-rw2"),
    "RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(100), "", "image/x-fuji-raf"),
}

LEFT_OUT: dict[str, tuple[bytes, str, str]] = {
    "CR3": (still(b"crx "), "", "image/x-canon-cr3"),
    "PSB": (b"8BPS\0\x02" + bytes(60), "", "image/vnd.adobe.photoshop"),
    "PFM": (b"PF\n8 6\n-1.0\n" + bytes(576), "", "image/x-portable-floatmap"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n", "", "application/postscript"),
    "PostScript": (b"%!PS-Adobe-3.0\n%%Pages: 1\n", "", "application/postscript"),
    "WMF": (b"\xd7\xcd\xc6\x9a" + bytes(60), "", "image/wmf"),
    "EMF": (b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(60), "", "image/emf"),
    "DICOM": (bytes(128) + b"DICM" + bytes(60), "", "application/dicom"),
    "FITS": (b"SIMPLE  =                    T".ljust(2880), "", "image/fits"),
    "HDR": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 6 +X 8\n", "", "image/vnd.radiance"),
    "OpenEXR": (b"v/1\x01\x02\0\0\0" + bytes(60), "", "image/x-exr"),
    "BPG": (b"BPG\xfb\x20\0\x08\x06" + bytes(60), "", "image/bpg"),
}

STREAMS: dict[str, tuple[bytes, str, str]] = {
    "MP4": (film(b"isom", b"vide", b"soun"), "", "video/mp4"),
    "M4A": (film(b"M4A ", b"soun"), "", "audio/mp4"),
    "QuickTime": (film(b"qt  ", b"vide"), "", "video/quicktime"),
    "3GP": (film(b"3gp5", b"vide"), "", "video/3gpp"),
    "F4V": (film(b"f4v ", b"vide"), "", "video/x-f4v"),
    "Matroska": (matroska(b"matroska", 1, 2), "", "video/x-matroska"),
    "WebM": (matroska(b"webm", 1), "", "video/webm"),
    "MPEG-TS": (packets(), "", "video/mp2t"),
    "M2TS": (packets(192, b"\x01\x02\x03\x04"), "", "video/mp2t"),
    "MPEG-PS": (b"\0\0\x01\xba\x44\0\x04\0\x04\x01" + bytes(100), "", "video/mpeg"),
    "AVI": (b"RIFF\0\1\0\0AVI LIST" + bytes(100), "", "video/x-msvideo"),
    "ASF": (
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
        + bytes(40)
        + bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
        + bytes(64),
        "",
        "video/x-ms-asf",
    ),
    "FLV": (b"FLV\1\5\0\0\0\x09" + bytes(100), "", "video/x-flv"),
    "MXF": (bytes.fromhex("060e2b34020501010d010201010204") + bytes(100), "", "application/mxf"),
    "DV": (b"\x1f\x07\0\xbf" + bytes(500), "", "video/x-dv"),
    "IVF": (b"DKIF\0\0\x20\0VP80" + bytes(100), "", "video/x-ivf"),
    "MP3": (b"\xff\xfb\x90\x64" + bytes(2000), "mp3", "audio/mpeg"),
    "ADTS": (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(500), "aac", "audio/aac"),
    "FLAC": (b"fLaC\0\0\0\x22" + bytes(100), "", "audio/flac"),
    "Ogg": (ogg(b"\x01vorbis"), "", "audio/ogg"),
    "Opus": (ogg(b"OpusHead"), "", "audio/ogg"),
    "WAV": (b"RIFF\0\1\0\0WAVEfmt " + bytes(100), "", "audio/wav"),
    "RF64": (b"RF64\xff\xff\xff\xffWAVEds64" + bytes(100), "", "audio/wav"),
    "Wave64": (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb" + bytes(100), "", "audio/x-w64"),
    "AIFF": (b"FORM\0\0\1\0AIFF" + bytes(100), "", "audio/aiff"),
    "AU": (b".snd\0\0\0\x18" + bytes(100), "", "audio/basic"),
    "CAF": (b"caff\0\1\0\0desc" + bytes(100), "", "audio/x-caf"),
    "WavPack": (b"wvpk" + bytes(100), "", "audio/x-wavpack"),
    "Monkey's Audio": (b"MAC \x96\x0f\0\0" + bytes(100), "", "audio/x-ape"),
    "TTA": (b"TTA1\1\0" + bytes(100), "", "audio/x-tta"),
    "DSF": (b"DSD \x1c\0\0\0\0\0\0\0" + bytes(100), "", "audio/x-dsf"),
    "AMR": (b"#!AMR\n" + bytes(100), "", "audio/amr"),
    "AMR-WB": (b"#!AMR-WB\n" + bytes(100), "", "audio/amr-wb"),
    "AC-3": (b"\x0b\x77\xaa\xaa\x14\x40" + bytes(100), "", "audio/ac3"),
    "DTS": (b"\x7f\xfe\x80\x01" + bytes(100), "", "audio/vnd.dts"),
}
