"""The choices of the site that the rules depend on; set once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Policy:
    """What an operator may decide about the rules of the portal. See `settings.py` for each."""

    # Under which address people reach the site, without a final slash: links of e-mails.
    public_url: str = "http://localhost"
    # Seals what the database must not show, such as the links in waiting e-mails.
    key: bytes = b""
    # Whether an administrator lets each new account in (seed 004: "validated by the State").
    account_approval: bool = False
    # How long the links of e-mails live: those of sign-ups and resets, those of invitations.
    activation_seconds: int = 3_600
    invitation_seconds: int = 1_209_600
    # SHA-1 of passwords known to thieves, ordered; None: the common ones that we carry.
    breached_passwords: Path | None = None
    check_luhn: bool = True
    allow_retransmission: bool = True
    unique_per_year: bool = True
    acknowledge_within_days: int = 7
    tacit_days_subcontractor: int = 15
    tacit_days_cocontractor: int = 0
    # Delays of works billing files (CCAG-Travaux 2021, art. 12), in days; 0: silence says nothing.
    works_project_manager_days: int = 7
    works_contest_days: int = 30
    works_general_statement_days: int = 30
    works_tacit_answer_days: int = 10
    works_signature_days: int = 30
    # How many memos a provider may send before a registry certifies one; 0: any number.
    memos_until_certified: int = 50
    # Said of connections, and in webhooks.
    environment: str = "sandbox"
    # Whether those who act on documents may move the clock of a sandbox.
    sandbox_clock_is_open: bool = True
    # Whether an administrator lets each connection of an application in.
    connection_approval: bool = False
    technical_secret_days: int = 424
    log_checkpoint_seconds: int = 86_400
    technical_secret_overlap_seconds: int = 604_800


_current = Policy()


def configure(policy: Policy) -> None:
    """Set the policy of the site; called by the composition root."""
    global _current  # noqa: PLW0603 - set once at start
    _current = policy


def current() -> Policy:
    """The policy of the site."""
    return _current
