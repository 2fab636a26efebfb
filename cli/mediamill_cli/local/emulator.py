"""MiniStack for functions in containers: `python -m … [ADDRESS PORT NETWORK]`.

With the three, containers of NETWORK reach the server's PORT at ADDRESS too.
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Network

from mediamill_cli.local.relay import open_door


def main(arguments: list[str]) -> None:
    """Serve until a signal ends it."""
    if arguments:
        address, port, network = arguments
        open_door((address, int(port)), ("127.0.0.1", int(port)), IPv4Network(network))
    from ministack import app  # type: ignore[import-untyped]
    from ministack.core import container_reaper  # type: ignore[import-untyped]

    # When it starts it removes the containers that its last run left, which it knows by their
    # label. It would also take those of releases before that label, whoever runs them.
    container_reaper.SERVICE_LABELS = ()
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main(sys.argv[1:])
