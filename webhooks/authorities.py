"""Who may sign the certificates of receivers: the authorities of the system, and the site's own."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pycurl


def refuse_unreadable(file: Path) -> None:
    """Accept a file of certificates in PEM.

    Raises:
        ValueError: there is none to read in it; the message says why.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text.decode("ascii"))
    except (ssl.SSLError, UnicodeError, ValueError):
        raise ValueError(
            f"{file} holds no certificates in PEM (-----BEGIN CERTIFICATE-----)"
        ) from None


def options(ca_file: str | Path | None) -> tuple[tuple[int, Any], ...]:
    """The options of libcurl: the authorities that this Python finds, and those of the file."""
    known = ssl.get_default_verify_paths()
    folder = ((pycurl.CAPATH, known.capath),) if known.capath else ()
    if ca_file is None:
        return (((pycurl.CAINFO, known.cafile),) if known.cafile else ()) + folder
    # A file of our own would take the place of the system's: both are handed over as one text.
    files = (known.cafile, ca_file) if known.cafile else (ca_file,)
    return ((pycurl.CAINFO_BLOB, b"\n".join(Path(f).read_bytes() for f in files)), *folder)
