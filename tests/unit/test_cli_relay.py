"""The door from a network of containers to the local server: who comes through, and what."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Network

import pytest

from mediamill_cli.local.relay import Address, open_door

LOOPBACK = IPv4Network("127.0.0.0/8")
ELSEWHERE = IPv4Network("172.18.0.0/16")
SECONDS = 10.0


@pytest.fixture
def loopback() -> None:
    """These tests talk to themselves."""


@pytest.fixture
def shout(loopback: None) -> Iterator[tuple[Address, list[bytes]]]:
    """A server that answers all it was sent in capitals, once it was sent everything."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(guest: socket.socket) -> None:
            with guest, guest.makefile("rb") as said:
                heard.append(said.read())
                guest.sendall(heard[-1].upper())

        def serve() -> None:
            while True:
                try:
                    guest, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(guest,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname(), heard
        server.shutdown(socket.SHUT_RDWR)


def said_back(door: Address, said: bytes) -> bytes:
    with socket.create_connection(door, SECONDS) as guest:
        guest.sendall(said)
        guest.shutdown(socket.SHUT_WR)
        with guest.makefile("rb") as answer:
            return answer.read()


def test_everything_goes_both_ways_to_its_end(shout: tuple[Address, list[bytes]]) -> None:
    door = open_door(("127.0.0.1", 0), shout[0], LOOPBACK)
    for said in (b"one grain", b"a" * 3_000_000):
        assert said_back(door, said) == said.upper()


def test_a_guest_that_said_all_may_wait_long_for_the_answer(loopback: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        door = open_door(("127.0.0.1", 0), server.getsockname(), LOOPBACK)
        with socket.create_connection(door, SECONDS) as guest:
            guest.shutdown(socket.SHUT_WR)
            served, _ = server.accept()
            with served:
                assert served.recv(1) == b""
                for _ in range(3):  # what nothing but a cycle holds is gone now
                    gc.collect()
                    time.sleep(0.05)
                served.sendall(b"late")
            assert guest.recv(4) == b"late"


def test_several_guests_are_let_in_at_once(shout: tuple[Address, list[bytes]]) -> None:
    door = open_door(("127.0.0.1", 0), shout[0], LOOPBACK)
    with socket.create_connection(door, SECONDS):
        assert said_back(door, b"second") == b"SECOND"


def test_who_is_not_of_the_network_is_turned_away(shout: tuple[Address, list[bytes]]) -> None:
    target, heard = shout
    door = open_door(("127.0.0.1", 0), target, ELSEWHERE)
    with socket.create_connection(door, SECONDS) as stranger:
        assert stranger.recv(1) == b""
    assert heard == []


def test_a_guest_is_not_left_waiting_when_nobody_serves(loopback: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        target = gone.getsockname()
    door = open_door(("127.0.0.1", 0), target, LOOPBACK)
    with socket.create_connection(door, SECONDS) as guest:
        assert guest.recv(1) == b""


def test_a_door_at_somebody_elses_address_is_refused(loopback: None) -> None:
    with pytest.raises(OSError):
        open_door(("192.0.2.77", 0), ("127.0.0.1", 1), LOOPBACK)
