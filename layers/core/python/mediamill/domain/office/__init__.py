"""Office files in, PDF out: LibreOffice, one confined process per document.

original ─► prepare     what it is, by content (formats, package, compound); bombs, passwords
                        and torn files, before anything opens them; links cut (links), sheets
                        fitted to the page (sheets); CSV (table), Markdown, HTML and text
                        (text, pictures), EPUB (epub) made into what LibreOffice reads well
         ─► conversion  a private profile (registry), a confined process (confine), a hard
                        timeout
         ─► PDF         with at least one page, and no more than allowed (bounds)
"""

from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office, convert, install, locate, warm

__all__ = ["Bounds", "Office", "convert", "install", "locate", "warm"]
