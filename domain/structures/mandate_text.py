"""The invoicing mandate that a supplier signs, word for word.

A new wording is a new version. Earlier ones stay: signed mandates point to them by their hash.
"""

from __future__ import annotations

from datetime import date

from domain.signatures.texts import SignedText, TextKind, publish

_V1 = SignedText(
    kind=TextKind.MANDATE,
    version="2026-01",
    since=date(2026, 1, 1),
    fr="""Mandat de facturation

1. Objet. La structure mandante (le fournisseur) autorise l'exploitant du présent portail à \
établir et à transmettre en son nom et pour son compte, sous forme électronique, les factures et \
avoirs dont elle saisit ou transmet elle-même les données, à destination des structures publiques.

2. Responsabilité. La structure mandante demeure seule responsable du contenu de ses factures, de \
leur numérotation, de leur exactitude et de ses obligations en matière de taxe sur la valeur \
ajoutée. Elle conserve l'original électronique de chaque facture pendant la durée légale.

3. Contestation. La structure mandante peut contester une facture établie en son nom dans les sept \
jours de son dépôt. Passé ce délai, la facture est réputée acceptée par elle.

4. Durée. Le mandat prend effet à sa signature, pour une durée indéterminée. Il est révocable à \
tout moment sur le portail ; la révocation ne vaut que pour l'avenir.

5. Signature. La personne qui signe déclare avoir qualité pour engager la structure mandante.
""",
    en="""Invoicing mandate

1. Purpose. The structure (the supplier) authorises the operator of this portal to draw up and \
send electronically, in its name and on its behalf, the invoices and credit notes whose data it \
types or sends itself, to public structures.

2. Responsibility. The structure remains solely responsible for the content of its invoices, their \
numbers, their accuracy and its obligations regarding value added tax. It keeps the electronic \
original of each invoice for the legal time.

3. Objection. The structure may object to an invoice drawn up in its name within seven days of its \
deposit. After that time it is deemed to have accepted the invoice.

4. Duration. The mandate takes effect when signed, for an indefinite time. It may be revoked at \
any time on the portal; revocation holds for the future only.

5. Signature. The person who signs declares being entitled to commit the structure.
""",
)

VERSIONS: tuple[SignedText, ...] = (_V1,)
PRESENT = VERSIONS[-1]
publish(*VERSIONS)
