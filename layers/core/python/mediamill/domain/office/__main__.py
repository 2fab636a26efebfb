"""Warms a profile for later: `python -m mediamill.domain.office FOLDER`, as an image build does."""

from __future__ import annotations

import sys
from pathlib import Path

from mediamill.domain.office import install

install(profile=Path(sys.argv[1]))
