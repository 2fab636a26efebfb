"""A client of mediamill's HTTP API: upload, wait, list, show.

client = Client(url, bearer(token))
key = client.upload("photos/cat.jpg")
print(client.wait(key).srcset["image/webp"])
"""

from mediamill_client.answers import Asset, Event, Row
from mediamill_client.calls import Auth, Problem, Unreachable, bearer, sigv4
from mediamill_client.client import Client, NotDone

__all__ = [
    "Asset",
    "Auth",
    "Client",
    "Event",
    "NotDone",
    "Problem",
    "Row",
    "Unreachable",
    "bearer",
    "sigv4",
]
