"""Metadata: one truthful record for every file, from as few of its bytes as that takes.

describe      which engine reads what          record       what they all fill in
├── pictures  containers, then their blocks    blocks       EXIF, IPTC, XMP, ICC, wherever
├── media     MediaInfo in a child, and boxes  reading      bytes within bounds, text, dates
├── pdf       structure, never a page laid out
└── office    archives, compound files, RTF
publishing    what of a record the manifest tells
"""

from mediamill.domain.metadata.describe import describe
from mediamill.domain.metadata.publishing.published import publish
from mediamill.domain.metadata.record import MetadataRecord

__all__ = ["MetadataRecord", "describe", "publish"]
