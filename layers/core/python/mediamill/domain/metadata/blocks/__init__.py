"""Blocks of metadata that several formats carry: EXIF in TIFF, IPTC-IIM, XMP, ICC profiles."""
