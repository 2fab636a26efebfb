"""Metadata: one truthful record for every file, from as few of its bytes as that takes."""

from mediamill.domain.metadata.describe import describe
from mediamill.domain.metadata.privacy import Privacy
from mediamill.domain.metadata.publish import publish
from mediamill.domain.metadata.record import MetadataRecord, Problem, StoredFacts

__all__ = ["MetadataRecord", "Privacy", "Problem", "StoredFacts", "describe", "publish"]
