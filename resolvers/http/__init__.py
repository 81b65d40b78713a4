"""Serving GraphQL over HTTP, server-sent events and WebSocket."""

from resolvers.http.callers import Authenticate, Caller
from resolvers.http.limits import Limits
from resolvers.http.prepared import Prepared
from resolvers.http.statuses import Statuses
from resolvers.http.stopping import set_on_signal
from resolvers.http.view import build_graphql

__all__ = [
    "Authenticate",
    "Caller",
    "Limits",
    "Prepared",
    "Statuses",
    "build_graphql",
    "set_on_signal",
]
