"""The words of the conformance probe: what each message is, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from domain.reference.words import Words
from webhooks.probe import Check, Finding, Verdict, passed

# fmt: off
VERDICTS: Mapping[Verdict, Words] = {
    Verdict.PASSED:       Words("Réussi", "The receiver answered as it should"),
    Verdict.FAILED:       Words("Échoué", "The receiver did not answer as it should"),
    Verdict.INCONCLUSIVE: Words("Sans conclusion", "The answer proves nothing either way"),
}
# fmt: on


class CheckWords(NamedTuple):
    """What is said of one message."""

    label: Words
    expected: Words
    why: Words
    remedy: Words


_ACCEPTED = Words("une réponse 2xx", "a 2xx answer")
_REFUSED = Words("une réponse 4xx", "a 4xx answer")

CHECKS: Mapping[Check, CheckWords] = {
    Check.VALID: CheckWords(
        Words("Message valide", "Valid message"),
        Words("une réponse 2xx en moins de 5 s", "a 2xx answer within 5 s"),
        Words(
            "Un message refusé ou traité trop lentement est renvoyé, et retarde les suivants du"
            " même objet.",
            "A message that is refused or handled too slowly is sent again, and delays the next"
            " ones of the same object.",
        ),
        Words(
            "Vérifiez le secret et le calcul de la signature (octets décodés du secret, corps"
            " brut), mettez le message en file, répondez 2xx, traitez ensuite.",
            "Check the secret and how the signature is computed (decoded bytes of the secret, raw"
            " body), queue the message, answer 2xx, work afterwards.",
        ),
    ),
    Check.BAD_SIGNATURE: CheckWords(
        Words("Signature d'un autre secret", "Signature by another secret"),
        _REFUSED,
        Words(
            "Qui connaît l'adresse peut y poster n'importe quoi : seule la signature prouve que le"
            " message vient d'ici.",
            "Whoever knows the address can post anything to it: only the signature proves that the"
            " message comes from here.",
        ),
        Words(
            "Comparez `webhook-signature` à votre calcul, en temps constant, avant de lire le"
            " corps ; répondez 401 si rien ne correspond.",
            "Compare `webhook-signature` with your own computation, in constant time, before you"
            " read the body; answer 401 when nothing matches.",
        ),
    ),
    Check.STALE_TIMESTAMP: CheckWords(
        Words("Message signé il y a une heure", "Message signed an hour ago"),
        _REFUSED,
        Words(
            "Un message capté peut être rejoué plus tard avec sa signature, qui reste juste.",
            "A message that was captured can be sent again later with its signature, which stays"
            " right.",
        ),
        Words(
            "Refusez un `webhook-timestamp` éloigné de plus de cinq minutes de votre horloge, et"
            " tenez celle-ci à l'heure.",
            "Refuse a `webhook-timestamp` more than five minutes away from your clock, and keep"
            " that clock right.",
        ),
    ),
    Check.ALTERED_BODY: CheckWords(
        Words("Corps modifié après signature", "Body altered after it was signed"),
        _REFUSED,
        Words(
            "Une signature calculée sur autre chose que les octets reçus ne protège pas leur"
            " contenu.",
            "A signature computed on anything but the bytes received does not protect what they"
            " say.",
        ),
        Words(
            "Signez `webhook-id.webhook-timestamp.corps` sur le corps brut, avant toute lecture du"
            " JSON.",
            "Compute the signature of `webhook-id.webhook-timestamp.body` on the raw body, before"
            " any JSON is read.",
        ),
    ),
    Check.DUPLICATE: CheckWords(
        Words("Même message une seconde fois", "The same message a second time"),
        _ACCEPTED,
        Words(
            "La livraison a lieu au moins une fois : une erreur sur un doublon le fait renvoyer"
            " pendant trois jours.",
            "Delivery is at least once: an error on a duplicate has it sent again for three days.",
        ),
        Words(
            "Retenez les `webhook-id` traités ; un doublon reçoit 2xx et n'a pas d'autre effet.",
            "Remember the `webhook-id`s already handled; a duplicate is answered 2xx and has no"
            " other effect.",
        ),
    ),
    Check.LARGE_BODY: CheckWords(
        Words("Corps de 252 kio", "Body of 252 KiB"),
        _ACCEPTED,
        Words(
            "Une facture de beaucoup de lignes fait un grand message ; refusé, il ne passera"
            " jamais.",
            "An invoice with many lines makes a large message; refused once, it will never go"
            " through.",
        ),
        Words(
            "Acceptez des corps de 256 kio : relevez la limite du serveur web et du cadriciel.",
            "Accept bodies of 256 KiB: raise the limit of the web server and of the framework.",
        ),
    ),
    Check.UNKNOWN_KIND: CheckWords(
        Words("Nature d'évènement inconnue", "Unknown kind of event"),
        _ACCEPTED,
        Words(
            "De nouvelles natures apparaîtront ; une erreur sur l'une d'elles finit par mettre le"
            " point de réception en pause.",
            "New kinds will appear; an error on one of them ends with the endpoint being paused.",
        ),
        Words(
            "Répondez 2xx à un `type` que vous ne connaissez pas, sans rien faire d'autre.",
            "Answer 2xx to a `type` that you do not know, and do nothing else.",
        ),
    ),
}


def observed(finding: Finding) -> Words:
    """What happened, in words."""
    took = f"{finding.latency_ms} ms"
    if finding.status is not None:
        return Words(
            f"Réponse {finding.status} en {took}.", f"Answer {finding.status} after {took}."
        )
    error = finding.error.value if finding.error else ""
    return Words(f"Pas de réponse ({error}, {took}).", f"No answer ({error}, {took}).")


def as_json(url: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """A whole probe for programs."""
    return {
        "url": url,
        "score": score(findings),
        "checks": [finding.as_json() | _words_of(finding) for finding in findings],
    }


def as_lines(url: str, findings: Sequence[Finding]) -> Iterator[str]:
    """A whole probe for people."""
    yield f"{url}  {score(findings)}"
    for finding in findings:
        words = CHECKS[finding.check]
        yield f"  {finding.verdict:12}  {words.label.en}: {observed(finding).en}"
        if finding.verdict is not Verdict.PASSED:
            yield f"      expected  {words.expected.en}"
            yield f"      why       {words.why.en}"
            yield f"      remedy    {words.remedy.en}"


def score(findings: Sequence[Finding]) -> str:
    """How many checks were passed, of how many."""
    return f"{passed(findings)}/{len(findings)}"


def _words_of(finding: Finding) -> dict[str, Any]:
    told = {"observed": observed(finding), **CHECKS[finding.check]._asdict()}
    return {name: {"fr": words.fr, "en": words.en} for name, words in told.items()}
