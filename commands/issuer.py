"""In whose name the log is signed from a shell: that of the server, or nobody's."""

from __future__ import annotations

import json

from domain.checkpoints import reading
from settings import Settings


async def refuse_unknown_issuer(settings: Settings) -> None:
    """Let nothing be signed for this machine because a shell lacks the server's PUBLIC_URL.

    A checkpoint is public and cannot be taken back. A site that signed as this machine before,
    such as one under `run`, goes on.

    Raises:
        ValueError: PUBLIC_URL is not given, and the site is not known under the default.
    """
    if settings.public_url:
        return
    signed = await reading.handed_out()
    issuer = json.loads(signed[-1]["statement"])["issuer"] if signed else None
    if issuer == settings.url:
        return
    known = f" The last checkpoint says {issuer}." if issuer else ""
    raise ValueError(
        f"PUBLIC_URL is empty: the checkpoint would be signed in the name of {settings.url}."
        f" Give the PUBLIC_URL of the server.{known}"
    )
