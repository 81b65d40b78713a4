"""What signatures hold about a person: evidence, which the law obliges to keep."""

from __future__ import annotations

from domain.accounts.personal_data import Holding, Person, hold, rows_of
from domain.clock import now
from domain.db import execute
from domain.reference.words import Words


async def _end_terms(person: Person) -> None:
    """From now on the time runs after which the evidence goes."""
    await execute(
        "UPDATE signature SET ended_at = $2 WHERE account_id = $1 AND document = 'TERMS'"
        " AND ended_at IS NULL",
        person.id,
        now(),
    )


hold(
    Holding(
        "signatures",
        Words(
            "Acceptations et signatures, avec leur preuve",
            "Acceptances and signatures, with their evidence",
        ),
        rows_of("signature", "account_id"),
        _end_terms,
        kept=Words(
            "Preuve des conditions acceptées : cinq ans après la fermeture du compte (article 2224"
            " du code civil) ; preuve des mandats : dix ans après leur fin (article L. 123-22 du"
            " code de commerce)",
            "Evidence of accepted terms: five years after the account is closed (article 2224 of"
            " the French civil code); evidence of mandates: ten years after they end (article"
            " L. 123-22 of the French commercial code)",
        ),
    ),
    Holding(
        "mandates",
        Words("Mandats signés", "Mandates signed"),
        rows_of("mandate", "account_id"),
    ),
)
