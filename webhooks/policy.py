"""The choices of the site that webhooks depend on; set once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from webhooks.addresses import Allowed


@dataclass(frozen=True)
class Policy:
    """What an operator may decide about webhooks. See `settings.py` for what it offers."""

    # Encrypts the secrets of the endpoints in the database.
    key: bytes
    environment: str = "sandbox"
    # Where callers reach the server.
    public_url: str = ""
    product: str = "Bordereau/0.1.0"
    # Seconds before each attempt, counted from the previous one: ten attempts over 75 hours.
    retry_seconds: tuple[int, ...] = (
        0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    )  # fmt: skip
    jitter: float = 0.1
    longest_retry_after: timedelta = timedelta(hours=24)
    allow: tuple[Allowed, ...] = ()
    timeout_seconds: float = 15
    connect_seconds: float = 3
    # Authorities that certificates of receivers may be signed by, beside those of the system.
    ca_file: str | Path | None = None
    secret_overlap: timedelta = timedelta(days=1)
    max_endpoints: int = 50
    # What the documents of one structure may take, over all its endpoints; 0: no budget.
    document_seconds_per_minute: float = 20
    # How long deliveries that ended stay readable, with their attempts.
    retention: timedelta = timedelta(days=90)
    # An endpoint without any success for so long is paused.
    pause_after: timedelta = timedelta(days=5)
    # So many failures, and more than this share, within the window: only probes are sent.
    breaker_failures: int = 20
    breaker_share: float = 0.5
    breaker_window: timedelta = timedelta(minutes=5)
    probe_every: timedelta = timedelta(minutes=1)
    # How long an endpoint that answers 429 is left alone when it does not say.
    slow_down: timedelta = timedelta(seconds=10)
    # Requests under way in a process: in all, to one endpoint, and to one that keeps failing.
    in_flight: int = 256
    in_flight_per_endpoint: int = 16
    in_flight_when_failing: int = 1
    failing_from: int = 5

    @property
    def longest_attempt(self) -> timedelta:
        """How long one attempt may take from its first byte until its outcome is known."""
        return timedelta(seconds=self.timeout_seconds + 2)

    @property
    def lease(self) -> timedelta:
        """How long a worker may keep a delivery before another one takes it over.

        Long enough for the longest attempt and for writing down what came of it.
        """
        return self.longest_attempt + timedelta(seconds=self.timeout_seconds)


_current = Policy(key=b"")


def configure(policy: Policy) -> None:
    """Set the policy of the site; called by the composition root."""
    global _current  # noqa: PLW0603 - set once at start
    _current = policy


def current() -> Policy:
    """The policy of the site."""
    return _current
