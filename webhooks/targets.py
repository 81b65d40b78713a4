"""Whether a URL may be saved as a target: what can be known before anything is dialled."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from domain.errors import Problem
from domain.rules_text import problem
from webhooks.addresses import PUBLIC_PORTS, Allowed, literals, refused

LONGEST_URL = 2048
_PORTS = {"https": 443, "http": 80}


def url_problems(url: str, path: tuple[str, ...], allow: Sequence[Allowed]) -> list[Problem]:
    """Every reason to refuse the URL. A name is judged again, by its address, at each sending."""
    parts = _split(url)
    if parts is None:
        return [problem("BDR-WHK-001", path, url=url)]
    found = [] if parts.username is None and parts.password is None else ["BDR-WHK-002"]
    problems = [problem(rule, path) for rule in found]
    host, port, secure = _target(parts)
    if known := literals(host):
        reasons = [refused(address, port, allow, secure=secure) for address in known]
        if reasons[0] is not None and all(reasons):
            problems.append(problem("BDR-WHK-003", path, address=host, reason=reasons[0].value))
        return problems
    opened = any(entry.opens_port(port) for entry in allow)
    if not secure and not opened:
        problems.append(problem("BDR-WHK-005", path))
    elif port not in PUBLIC_PORTS and not opened:
        problems.append(problem("BDR-WHK-004", path, port=port))
    return problems


def _target(parts: SplitResult) -> tuple[str, int, bool]:
    return parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme == "https"


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that every reader cuts in the same way; None for any other."""
    if not (url.isascii() and url.isprintable()) or len(url) > LONGEST_URL:
        return None
    if any(character in url for character in ' \\#"<>^`{|}'):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        return None
    if "%" in parts.netloc:
        # A host in percents is another host for who decodes it; the scope of an address is local.
        return None
    return parts
