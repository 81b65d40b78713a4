"""Every e-mail that the product sends, word for word, in French and in English.

Texts are `str.format` templates. A message is written in the language of its reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.text import shown


@dataclass(frozen=True)
class MailText:
    """One kind of message."""

    subject_fr: str
    body_fr: str
    subject_en: str
    body_en: str


@dataclass(frozen=True)
class Letter:
    """A message in words, ready to be sent."""

    subject: str
    body: str


MAILS: Mapping[str, MailText] = {
    "attachment_requested": MailText(
        "{person} demande à être rattaché à {structure}",
        "{person} ({email}) demande à être rattaché à votre structure {structure}.\n\n"
        "Message : {message}\n\n"
        "Si vous connaissez cette personne, acceptez sa demande depuis la liste des demandes en"
        " attente de votre structure ; sinon refusez-la, elle n'aura accès à rien.",
        "{person} asks to be attached to {structure}",
        "{person} ({email}) asks to be attached to your structure {structure}.\n\n"
        "Message: {message}\n\n"
        "If you know this person, accept the request from the pending requests of your structure;"
        " otherwise refuse it, and nothing opens for them.",
    ),
    "attachment_joined": MailText(
        "{person} a rejoint {structure}",
        "{person} ({email}) vient d'être rattaché à votre structure {structure} : son fournisseur"
        " d'identité atteste du SIRET.\n\n"
        "Vous pouvez lui ouvrir des espaces. Si vous ne connaissez pas cette personne,"
        " désactivez-la depuis la liste des utilisateurs de votre structure.",
        "{person} joined {structure}",
        "{person} ({email}) has just been attached to your structure {structure}: the SIRET was"
        " vouched for by an identity provider.\n\n"
        "You may open spaces for them. If you do not know this person, deactivate them from the"
        " members of your structure.",
    ),
    # Second factors
    "second_factor_code": MailText(
        "Votre code de connexion : {code}",
        "Voici votre code : {code}\n\nIl est valable dix minutes, une seule fois. Ne le donnez à"
        " personne : nous ne vous le demanderons jamais.\n\nSi vous n'avez pas demandé ce code,"
        " quelqu'un connaît peut-être votre mot de passe : changez-le ({link}).",
        "Your log-in code: {code}",
        "Here is your code: {code}\n\nIt is valid for ten minutes, once. Give it to nobody: we"
        " shall never ask you for it.\n\nIf you did not ask for this code, somebody may know your"
        " password: please change it ({link}).",
    ),
    "account_factor_added": MailText(
        "Un second facteur a été ajouté à votre compte",
        "« {name} » ({factor}) protège maintenant votre compte : il vous sera demandé à la"
        " connexion.\n\nSi ce n'était pas vous, retirez-le et changez votre mot de passe :"
        " {link}. Prévenez ensuite l'administrateur du site.",
        "A second factor was added to your account",
        "“{name}” ({factor}) now protects your account: you will be asked for it when you log"
        " in.\n\nIf it was not you, remove it and change your password: {link}. Then"
        " tell the administrator of the site.",
    ),
    "account_factor_removed": MailText(
        "Un second facteur a été retiré de votre compte",
        "« {name} » ({factor}) ne sert plus à la connexion.\n\nSi ce n'était pas vous, quelqu'un"
        " est entré dans votre compte : changez votre mot de passe, fermez vos autres sessions"
        " ({link}) et prévenez l'administrateur du site.",
        "A second factor was removed from your account",
        "“{name}” ({factor}) is no longer used to log in.\n\nIf it was not you, somebody got into"
        " your account: change your password, end your other sessions ({link}) and"
        " tell the administrator of the site.",
    ),
    "account_factor_suspected": MailText(
        "Votre clé de sécurité a peut-être été copiée",
        "« {name} » ({factor}) a répondu comme le ferait une copie. Par prudence elle n'ouvre plus"
        " votre compte ; vos autres facteurs et vos codes de secours fonctionnent"
        " toujours.\n\nRetirez-la, ajoutez-en une neuve et changez votre mot de passe :"
        " {link}.",
        "Your security key may have been copied",
        "“{name}” ({factor}) answered as a copy would. To be safe it no longer opens your account;"
        " your other factors and your recovery codes still work.\n\nRemove it, add a new one and"
        " change your password: {link}.",
    ),
    "account_recovery_codes_made": MailText(
        "De nouveaux codes de secours ont été créés",
        "Les codes de secours précédents de votre compte ne valent plus rien ; rangez bien les"
        " nouveaux.\n\nSi ce n'était pas vous, changez votre mot de passe et fermez vos autres"
        " sessions : {link}.",
        "New recovery codes were made",
        "The recovery codes that your account had before are worth nothing now; keep the new ones"
        " safe.\n\nIf it was not you, change your password and end your other sessions:"
        " {link}.",
    ),
    "account_recovery_code_used": MailText(
        "Un code de secours a servi à la connexion",
        "Quelqu'un vient de se connecter à votre compte avec un code de secours. Codes restants :"
        " {left}. Vous pouvez en créer d'autres : {link}.\n\nSi ce n'était pas vous,"
        " changez votre mot de passe et prévenez l'administrateur du site.",
        "A recovery code was used to log in",
        "Somebody just logged in to your account with a recovery code. Codes left: {left}. You can"
        " make others: {link}.\n\nIf it was not you, change your password and tell"
        " the administrator of the site.",
    ),
    "account_factors_reset": MailText(
        "Les seconds facteurs de votre compte ont été réinitialisés",
        "L'administrateur du site a retiré les seconds facteurs et les codes de secours de votre"
        " compte, et fermé vos sessions. À la prochaine connexion le mot de passe suffira :"
        " ajoutez aussitôt un nouveau facteur ({link}).\n\nSi vous n'aviez rien"
        " demandé, changez votre mot de passe et écrivez à l'administrateur.",
        "The second factors of your account were reset",
        "The administrator of the site removed the second factors and the recovery codes of your"
        " account, and ended your sessions. The password will be enough at your next log-in:"
        " please add a new factor at once ({link}).\n\nIf you did not ask for this,"
        " change your password and write to the administrator.",
    ),
    "account_second_factor_guessed": MailText(
        "Quelqu'un connaît peut-être votre mot de passe",
        "Plusieurs connexions à votre compte ont donné le bon mot de passe, puis de mauvais codes."
        " Personne n'est entré.\n\nSi ce n'était pas vous, changez votre mot de passe sans"
        " attendre : {link}.",
        "Somebody may know your password",
        "Several log-ins to your account gave the right password, then wrong codes. Nobody got"
        " in.\n\nIf it was not you, change your password without delay: {link}.",
    ),
}

_GREETING = {"FR": "Bonjour,\n\n", "EN": "Hello,\n\n"}
_ENDING = {
    "FR": "\n\nCe message est envoyé automatiquement par Bordereau ({site}). N'y répondez pas.\n",
    "EN": "\n\nThis message is sent automatically by Bordereau ({site}). Do not reply to it.\n",
}


def letter(kind: str, locale: str, site: str, values: Mapping[str, object]) -> Letter:
    """The message of that kind in that language (`FR` or `EN`).

    Values lose what could pretend to be another line, or hide; `link` is ours and kept whole.

    Raises:
        KeyError: no such kind, or a value that its text needs is missing.
    """
    text = MAILS[kind]
    subject, body = (
        (text.subject_en, text.body_en) if locale == "EN" else (text.subject_fr, text.body_fr)
    )
    language = "EN" if locale == "EN" else "FR"
    safe = {name: value if name == "link" else shown(value) for name, value in values.items()}
    ending = _ENDING[language].format(site=site)
    return Letter(subject.format(**safe), _GREETING[language] + body.format(**safe) + ending)
