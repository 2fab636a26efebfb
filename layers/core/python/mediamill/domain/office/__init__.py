"""Office files in, PDF out: LibreOffice, one confined process per document.

original ─► formats   what it is, by content
         ─► inspect   bombs, passwords and torn files, before anything opens them
         ─► prepare   text, Markdown, CSV and HTML made into what LibreOffice reads well;
                      links cut, sheets fitted to the page
         ─► conversion  a private profile, a confined process, a hard timeout
         ─► PDF       with at least one page, and no more than allowed
"""

from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office, convert, install, locate, warm

__all__ = ["Bounds", "Office", "convert", "install", "locate", "warm"]
