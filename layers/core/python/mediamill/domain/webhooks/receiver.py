"""Who receives webhooks: an https address in the open internet, and nothing nearer.

A name is no protection: whoever owns it decides what it resolves to. So every address that a name
resolves to has to be open, and the connection goes to the address that was looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_VISIBLE = re.compile(r"[!-~]+")
_SYSTEM_PORTS = 1024  # below are mail, SSH and their like: 443 alone is for the web
_PORTS = {"https": 443, "http": 80}

# What the internet routes (RFC 4291, section 4); no IPv4 address in IPv6's clothes is among it.
_GLOBAL = IPv6Network("2000::/3")
# What not every release of Python knows to be special (IANA's registries), and tunnels that lead to
# an IPv4 address of somebody's choice: Teredo, in 2001::/23, and 6to4.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)


class BadReceiver(ValueError):
    """An address that no webhook may go to; the message says why."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where webhooks go. `target` is the path and the query, as the request has them."""

    url: str
    host: str
    port: int
    target: str
    is_tls: bool

    @classmethod
    def parse(cls, url: str, *, may_be_local: bool = False) -> Receiver:
        """The receiver at a URL. Raises BadReceiver.

        With `may_be_local`, plain http is allowed, which then leads to the loopback and nowhere
        else: see `may_be_called`.
        """
        if not _VISIBLE.fullmatch(url):
            raise BadReceiver("A URL has no spaces, and whatever is not ASCII is encoded.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadReceiver(f"{url} is no URL: {error}.") from error
        if parts.scheme != "https" and not (may_be_local and parts.scheme == "http"):
            raise BadReceiver(f"{url} does not begin with https://.")
        if parts.username is not None or parts.password is not None:
            raise BadReceiver("A user in the URL is not sent: signatures say who calls.")
        host = parts.hostname or ""
        if not (_HOST.fullmatch(host) or _is_address(host)):
            raise BadReceiver(f"{url} names no host.")
        port = port or _PORTS[parts.scheme]
        if port < _SYSTEM_PORTS and port not in _PORTS.values():
            raise BadReceiver(f"Port {port} is not one that webhooks go to.")
        if port == _PORTS["http"] and parts.scheme == "https":
            raise BadReceiver("Port 80 does not speak https.")
        query = f"?{parts.query}" if parts.query else ""
        return cls(url, host, port, f"{parts.path or '/'}{query}", parts.scheme == "https")

    @property
    def authority(self) -> str:
        """The Host header: the name, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.is_tls else "http"]
        return host if self.port == usual else f"{host}:{self.port}"

    def may_be_called(self, address: str) -> bool:
        """Whether a connection to this address of its host is allowed.

        In the open are addresses that anybody reaches from anywhere: no private network, no
        loopback, no link-local ones, by which clouds hand out credentials. Plain http goes to the
        loopback alone.
        """
        found = ip_address(address.partition("%")[0])
        return is_open(found) if self.is_tls else found.is_loopback


def is_open(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the open internet's."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL:
        return False
    is_special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not is_special


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host
