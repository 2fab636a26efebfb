"""A door from a network of containers to a loopback port, for nobody else.

The local server listens on the loopback alone, which a container does not reach. A container sees
this machine at its network's gateway: that address gets a port that leads to the server. Whoever
comes from outside of the network, such as a neighbour on the LAN who sends packets for that
address to this machine, is turned away.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network, ip_address

Address = tuple[str, int]

_CHUNK = 1 << 16


def open_door(listen: Address, target: Address, guests: IPv4Network) -> Address:
    """Pass on what comes to `listen` (port 0: any) from `guests`, as long as this process lives.

    Returns the address. Raises OSError if it is taken, or none of this machine's.
    """
    door = socket.create_server(listen)
    taken: Address = door.getsockname()[:2]
    threading.Thread(
        target=lambda: asyncio.run(_serve(door, target, guests)), name="relay", daemon=True
    ).start()
    return taken


async def _serve(door: socket.socket, target: Address, guests: IPv4Network) -> None:
    async with await asyncio.start_server(_let_in(target, guests), sock=door) as server:
        await server.serve_forever()


def _let_in(
    target: Address, guests: IPv4Network
) -> Callable[[StreamReader, StreamWriter], Awaitable[None]]:
    under_way: set[asyncio.Task[None] | None] = set()  # the loop alone would not keep them

    async def let_in(reader: StreamReader, writer: StreamWriter) -> None:
        under_way.add(asyncio.current_task())
        peer = writer.get_extra_info("peername")
        try:
            if peer is not None and ip_address(peer[0]) in guests:
                await _introduce(reader, writer, target)
        except* OSError:
            pass  # one of the two is gone, and the other hears it
        finally:
            writer.close()
            under_way.discard(asyncio.current_task())

    return let_in


async def _introduce(reader: StreamReader, writer: StreamWriter, target: Address) -> None:
    there, back = await asyncio.open_connection(*target)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_pass_on(reader, back))
            both.create_task(_pass_on(there, writer))
    finally:
        back.close()


async def _pass_on(source: StreamReader, sink: StreamWriter) -> None:
    """Everything from one to the other, and its end."""
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
    sink.write_eof()
