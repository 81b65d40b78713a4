"""The terms of use ("conditions générales d'utilisation"), word for word.

Written for a portal that anyone may host: the operator is named on the site itself. A new wording
is a new version; earlier ones stay.
"""

from __future__ import annotations

from datetime import date

from domain.signatures.texts import SignedText, TextKind, publish

_V1 = SignedText(
    kind=TextKind.TERMS,
    version="2026-01",
    since=date(2026, 1, 1),
    fr="""Conditions générales d'utilisation

1. Objet. Les présentes conditions régissent l'utilisation du portail de facturation (« le \
portail ») par toute personne qui y ouvre un compte (« l'utilisateur »). Le portail permet de \
déposer, de recevoir, de valider et de suivre des factures et avoirs adressés à des structures \
publiques. Il est mis à disposition par son exploitant, dont l'identité et les coordonnées \
figurent sur le site. Ces conditions ne remplacent ni la loi, ni les contrats dont les factures \
sont issues.

2. Acceptation. L'utilisateur accepte les conditions lors de l'activation de son compte, après \
les avoir lues. Leur version, leur empreinte, la date et les circonstances de l'acceptation sont \
conservées à titre de preuve. Une nouvelle version lui est présentée avant de s'appliquer ; s'il \
la refuse, il cesse d'utiliser le portail et peut demander l'effacement de son compte.

3. Gratuité et accès. L'utilisation du portail est gratuite. L'équipement et la connexion de \
l'utilisateur restent à sa charge. Le portail vise une disponibilité permanente, sans la \
garantir ; l'exploitant peut l'interrompre pour son entretien ou sa sécurité.

4. Compte. Le compte est personnel. L'utilisateur fournit des informations exactes et les tient \
à jour. Il garde secrets ses moyens d'authentification, ne les prête à personne, et signale sans \
délai toute utilisation qu'il n'a pas faite. Ce qui est fait depuis son compte est réputé fait \
par lui, sauf preuve contraire.

5. Structures et habilitations. L'utilisateur n'agit pour une structure que s'il y est habilité. \
Le gestionnaire principal d'une structure répond des droits qu'il y accorde et les retire dès \
qu'ils ne sont plus justifiés. L'utilisateur qui déclare représenter une structure en garantit \
l'exactitude.

6. Comptes techniques. Un logiciel n'accède au portail que par un compte technique rattaché à \
une structure. La structure répond de son usage, de la garde de ses secrets et d'un volume de \
demandes compatible avec la disponibilité du portail.

7. Usages interdits. Il est interdit de déposer des documents faux, illicites ou malveillants, \
d'usurper une identité, d'accéder ou de tenter d'accéder aux données d'autrui, de contourner les \
limites ou les protections du portail, ou d'en perturber le fonctionnement. La recherche loyale \
de failles suit la politique de signalement publiée par l'exploitant.

8. Factures. Le dépôt d'une facture ne vaut ni acceptation de la dépense, ni reconnaissance de \
la dette par son destinataire. La structure émettrice répond du contenu de ses factures et \
conserve leurs originaux pendant la durée légale. Le dépôt de factures requiert un mandat de \
facturation en vigueur, signé séparément.

9. Preuve. Le journal des évènements du portail, ses horodatages, accusés de dépôt et \
certificats de signature font foi entre l'utilisateur et l'exploitant, sauf preuve contraire.

10. Données personnelles. L'exploitant traite les données nécessaires à la tenue du compte, à la \
sécurité et au suivi des factures (nom, adresse électronique, rattachements, connexions, \
actions), pour exécuter le service et respecter ses obligations légales. Elles ne sont ni cédées \
ni utilisées à d'autres fins. Elles sont gardées pendant la vie du compte ; les factures et ce \
qui en retrace le traitement le sont dix ans (article L. 123-22 du code de commerce), la preuve \
des mandats dix ans après leur fin, celle des présentes conditions cinq ans après la fermeture \
du compte (article 2224 du code civil). L'utilisateur peut obtenir une copie de ses données, les \
faire rectifier, s'opposer à leur traitement ou demander leur effacement depuis son compte ou \
auprès de l'exploitant, dans les limites de ces obligations, et saisir la Commission nationale \
de l'informatique et des libertés (www.cnil.fr).

11. Responsabilité. L'exploitant fournit le service avec la diligence attendue d'un \
professionnel. Il ne répond ni du contenu des documents déposés, ni des décisions de leurs \
destinataires, ni des conséquences d'un usage contraire aux présentes conditions, ni de la force \
majeure.

12. Suspension. L'exploitant peut suspendre un compte en cas de manquement grave ou de risque \
pour la sécurité, en informant l'utilisateur du motif. L'utilisateur peut quitter le portail à \
tout moment ; les factures déposées suivent leur cours.

13. Droit applicable. Les présentes conditions sont soumises au droit français. À défaut \
d'accord amiable, les litiges relèvent des juridictions compétentes.
""",
    en="""Terms of use

1. Purpose. These terms govern the use of the invoicing portal (“the portal”) by any person who \
opens an account on it (“the user”). The portal serves to deposit, receive, validate and follow \
invoices and credit notes sent to public structures. It is provided by its operator, whose \
identity and contact details are shown on the site. These terms replace neither the law nor the \
contracts from which invoices arise.

2. Acceptance. The user accepts the terms when activating the account, after having read them. \
Their version, their hash, the date and the circumstances of the acceptance are kept as \
evidence. A new version is shown before it applies; whoever refuses it stops using the portal \
and may ask for the account to be erased.

3. Price and access. The portal is free of charge. The user pays for equipment and connection. \
The portal aims to be always available without guaranteeing it; the operator may interrupt it \
for maintenance or security.

4. Account. The account is personal. The user gives correct information and keeps it up to date, \
keeps the means of authentication secret, lends them to nobody, and reports any use by someone \
else without delay. What is done from the account is deemed done by the user, unless proved \
otherwise.

5. Structures and rights. The user acts for a structure only when entitled to. The main manager \
of a structure answers for the rights granted in it and withdraws them when they are no longer \
justified. A user who declares to represent a structure warrants it.

6. Technical accounts. Software reaches the portal only by a technical account attached to a \
structure. The structure answers for its use, for keeping its secrets, and for a volume of \
requests compatible with the availability of the portal.

7. Forbidden uses. It is forbidden to deposit false, unlawful or malicious documents, to usurp \
an identity, to reach or try to reach the data of others, to get around the limits or \
protections of the portal, or to disturb it. Fair research of vulnerabilities follows the \
operator's published reporting policy.

8. Invoices. The deposit of an invoice is neither acceptance of the expense nor recognition of \
the debt by its recipient. The issuing structure answers for the content of its invoices and \
keeps their originals for the legal time. Depositing invoices needs an invoicing mandate in \
force, signed separately.

9. Evidence. The portal's event log, its timestamps, deposit receipts and signature certificates \
are evidence between the user and the operator, unless proved otherwise.

10. Personal data. The operator processes the data needed to keep the account, for security and \
to follow invoices (name, e-mail address, attachments, log-ins, actions), to provide the service \
and to fulfil its legal obligations. They are neither sold nor used otherwise. They are kept \
while the account lives; invoices and the record of their processing are kept ten years (article \
L. 123-22 of the French commercial code), the evidence of mandates ten years after they end, \
that of these terms five years after the account is closed (article 2224 of the French civil \
code). The user may obtain a copy of these data, have them corrected, object to their processing \
or ask for their erasure from the account or from the operator, within these obligations, and \
complain to the CNIL (www.cnil.fr).

11. Liability. The operator provides the service with professional diligence. It answers neither \
for the content of deposited documents, nor for the decisions of their recipients, nor for uses \
contrary to these terms, nor for force majeure.

12. Suspension. The operator may suspend an account for a serious breach or a risk to security, \
telling the user why. The user may leave the portal at any time; deposited invoices go on.

13. Law. These terms are governed by French law. Failing an amicable settlement, disputes belong \
to the competent courts.
""",
)

VERSIONS: tuple[SignedText, ...] = (_V1,)
publish(*VERSIONS)
