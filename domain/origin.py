"""From where an action comes and how its author proved who it is: what evidence is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clock import real_now

_LONGEST_AGENT = 255


@dataclass(frozen=True)
class Proof:
    """How a caller proved who it is; empty when its credential does not say.

    `methods` are names of RFC 8176 (`amr`), `credential` is the identifier of the token or of
    the log-in, never its secret; `family` is what all tokens of one authorization share.
    """

    methods: tuple[str, ...] = ()
    authenticated_at: datetime | None = None
    credential: str | None = None
    family: str | None = None

    @property
    def session_id(self) -> str | None:
        """The log-in whose cookie was used; None with a token."""
        is_log_in = self.credential is not None and self.credential.startswith("ses_")
        return self.credential if is_log_in else None

    def is_fresh(self, within: timedelta) -> bool:
        """Whether the person proved who it is so recently."""
        return self.authenticated_at is not None and real_now() - self.authenticated_at <= within


UNPROVEN = Proof()


@dataclass(frozen=True)
class Origin:
    """Where a request came from. Nothing is known of what the operator does on the machine."""

    address: str | None = None
    user_agent: str | None = None
    proof: Proof = UNPROVEN


UNKNOWN = Origin()


def origin_of(address: str | None, user_agent: str | None, proof: Proof) -> Origin:
    """The origin of a request, cut to what a column holds."""
    agent = (user_agent or "").replace("\0", "")[:_LONGEST_AGENT]
    return Origin((address or "")[:45] or None, agent or None, proof)
