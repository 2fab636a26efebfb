"""libwebp as it ships inside Pillow, given PDFium's own pixels without a copy.

Pillow copies each picture pixel by pixel into libwebp's: 4 of the 10 ms that a page of white paper
takes. PDFium's bitmap is what libwebp wants already. The two structures are libwebp's public ABI,
version 2 (`webp/encode.h`); both initialisers check that version. `encode` gives None where this
Pillow has no such libwebp, and the caller saves through Pillow.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_float, c_int, c_size_t, c_ubyte, c_uint32, c_void_p
from functools import cache

_ABI = 0x020F  # the oldest with `qmin` and `qmax`; the library refuses another major version


class _Config(ctypes.Structure):
    _fields_ = (
        ("lossless", c_int),
        ("quality", c_float),
        ("method", c_int),
        ("image_hint", c_int),
        ("target_size", c_int),
        ("target_psnr", c_float),
        ("segments", c_int),
        ("sns_strength", c_int),
        ("filter_strength", c_int),
        ("filter_sharpness", c_int),
        ("filter_type", c_int),
        ("autofilter", c_int),
        ("alpha_compression", c_int),
        ("alpha_filtering", c_int),
        ("alpha_quality", c_int),
        ("passes", c_int),
        ("show_compressed", c_int),
        ("preprocessing", c_int),
        ("partitions", c_int),
        ("partition_limit", c_int),
        ("emulate_jpeg_size", c_int),
        ("thread_level", c_int),
        ("low_memory", c_int),
        ("near_lossless", c_int),
        ("exact", c_int),
        ("use_delta_palette", c_int),
        ("use_sharp_yuv", c_int),
        ("qmin", c_int),
        ("qmax", c_int),
    )


class _Picture(ctypes.Structure):
    _fields_ = (
        ("use_argb", c_int),
        ("colorspace", c_int),
        ("width", c_int),
        ("height", c_int),
        ("y", c_void_p),
        ("u", c_void_p),
        ("v", c_void_p),
        ("y_stride", c_int),
        ("uv_stride", c_int),
        ("a", c_void_p),
        ("a_stride", c_int),
        ("pad1", c_uint32 * 2),
        ("argb", c_void_p),
        ("argb_stride", c_int),
        ("pad2", c_uint32 * 3),
        ("writer", c_void_p),
        ("custom_ptr", c_void_p),
        ("extra_info_type", c_int),
        ("extra_info", c_void_p),
        ("stats", c_void_p),
        ("error_code", c_int),
        ("progress_hook", c_void_p),
        ("user_data", c_void_p),
        ("pad3", c_uint32 * 3),
        ("pad4", c_void_p),
        ("pad5", c_void_p),
        ("pad6", c_uint32 * 8),
        ("memory", c_void_p),
        ("memory_argb", c_void_p),
        ("pad7", c_void_p * 2),
    )


class _Writer(ctypes.Structure):
    _fields_ = (
        ("mem", POINTER(c_ubyte)),
        ("size", c_size_t),
        ("max_size", c_size_t),
        ("pad", c_uint32),
    )


@cache
def _libwebp() -> ctypes.CDLL | None:
    try:
        from PIL import _webp

        # Looked up through Pillow's extension, a symbol is found in the libwebp it is linked to.
        library = ctypes.CDLL(_webp.__file__)
        library.WebPConfigInitInternal.argtypes = (POINTER(_Config), c_int, c_float, c_int)
        library.WebPPictureInitInternal.argtypes = (POINTER(_Picture), c_int)
        library.WebPEncode.argtypes = (POINTER(_Config), POINTER(_Picture))
        library.WebPPictureFree.argtypes = (POINTER(_Picture),)
        library.WebPPictureFree.restype = None
        library.WebPMemoryWriterInit.argtypes = (POINTER(_Writer),)
        library.WebPMemoryWriterInit.restype = None
        library.WebPMemoryWriterClear.argtypes = (POINTER(_Writer),)
        library.WebPMemoryWriterClear.restype = None
        _ = library.WebPMemoryWrite
    except (ImportError, OSError, AttributeError):
        return None
    return library


def encode(
    pixels: ctypes.Array[c_ubyte],
    width: int,
    height: int,
    *,
    lossless: bool,
    quality: int,
    method: int,
) -> bytes | None:
    """Opaque pixels (B, G, R, 255; rows without gaps) as WebP, or None if that cannot be done."""
    library = _libwebp()
    config, picture, writer = _Config(), _Picture(), _Writer()
    if library is None or not (
        library.WebPConfigInitInternal(byref(config), 0, float(quality), _ABI)
        and library.WebPPictureInitInternal(byref(picture), _ABI)
    ):
        return None
    config.lossless, config.method = int(lossless), method
    picture.use_argb, picture.width, picture.height = 1, width, height
    picture.argb, picture.argb_stride = ctypes.addressof(pixels), width
    library.WebPMemoryWriterInit(byref(writer))
    picture.writer = ctypes.cast(library.WebPMemoryWrite, c_void_p)
    picture.custom_ptr = ctypes.addressof(writer)
    try:
        if not library.WebPEncode(byref(config), byref(picture)):
            return None
        return ctypes.string_at(writer.mem, writer.size)
    finally:
        library.WebPMemoryWriterClear(byref(writer))
        library.WebPPictureFree(byref(picture))  # what it made of the pixels, not the pixels
