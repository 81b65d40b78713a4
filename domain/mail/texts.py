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
    # Opening an account
    "account_activation": MailText(
        "Activez votre compte Bordereau",
        "Vous avez demandé à créer un compte Bordereau avec l'adresse {email}.\n\n"
        "Pour l'activer, ouvrez ce lien dans les {minutes} minutes ; il ne sert qu'une fois :\n\n{link}\n\n"
        "Si le lien a expiré, redemandez-en un depuis la page d'inscription.\n\n"
        "Si vous n'avez rien demandé, ne faites rien : aucun compte ne sera créé.",
        "Activate your Bordereau account",
        "You asked for a Bordereau account with the address {email}.\n\n"
        "To activate it, open this link within {minutes} minutes; it works once:\n\n{link}\n\n"
        "If the link has expired, ask for another one on the sign-up page.\n\n"
        "If you asked for nothing, do nothing: no account will be created.",
    ),
    "account_invitation": MailText(
        "Votre compte Bordereau vous attend",
        "Votre compte du portail précédent a été repris dans Bordereau, avec vos structures et vos habilitations.\n\n"
        "Pour l'activer et choisir votre mot de passe, ouvrez ce lien dans les {days} jours ; il ne sert qu'une fois :\n\n{link}\n\n"
        "Passé ce délai, demandez un nouveau lien depuis la page d'inscription, avec cette même adresse.\n\n"
        "Si ce message ne vous concerne pas, ne faites rien : sans ce lien, le compte reste fermé.",
        "Your Bordereau account is waiting for you",
        "Your account of the previous portal was carried over to Bordereau, with your structures and rights.\n\n"
        "To activate it and choose your password, open this link within {days} days; it works once:\n\n{link}\n\n"
        "After that, ask for another link on the sign-up page, with this same address.\n\n"
        "If this message is not for you, do nothing: without this link the account stays closed.",
    ),
    "account_exists": MailText(
        "Vous avez déjà un compte Bordereau",
        "Quelqu'un, sans doute vous, a voulu créer un compte Bordereau avec cette adresse. Vous en avez déjà un : il suffit de vous connecter.\n\n{link}\n\n"
        "Mot de passe oublié ? La page de connexion permet d'en choisir un nouveau.\n\n"
        "Si ce n'était pas vous, ne faites rien : rien n'a changé.",
        "You already have a Bordereau account",
        "Someone, probably you, tried to create a Bordereau account with this address. You have one already: simply log in.\n\n{link}\n\n"
        "Forgotten password? The log-in page lets you choose a new one.\n\n"
        "If it was not you, do nothing: nothing has changed.",
    ),
    "account_unknown": MailText(
        "Aucune inscription en cours pour cette adresse",
        "Quelqu'un, sans doute vous, a redemandé un lien d'activation pour cette adresse, mais aucune inscription n'est en cours.\n\n"
        "Pour créer un compte :\n\n{link}\n\n"
        "Si ce n'était pas vous, ne faites rien.",
        "No sign-up is under way for this address",
        "Someone, probably you, asked again for an activation link for this address, but no sign-up is under way.\n\n"
        "To create an account:\n\n{link}\n\n"
        "If it was not you, do nothing.",
    ),
    "account_awaiting": MailText(
        "Votre compte Bordereau attend son approbation",
        "Votre compte est prêt. L'administration du site doit encore l'approuver ; un message vous préviendra de sa décision.\n\n"
        "Vous n'avez rien d'autre à faire.\n\n"
        "Si vous n'avez pas créé de compte, répondez à l'administration du site qui vous a invité.",
        "Your Bordereau account waits for its approval",
        "Your account is ready. The site's administration must still approve it; a message will tell you its decision.\n\n"
        "There is nothing else to do.\n\n"
        "If you created no account, tell the administration of the site.",
    ),
    "account_to_approve": MailText(
        "Un compte attend votre approbation",
        "{name} ({email}) a activé son compte et attend votre approbation.\n\n"
        "Approuvez-le ou refusez-le dans la liste des comptes :\n\n{link}\n\n"
        "Vous recevez ce message parce que vous administrez ce site.",
        "An account waits for your approval",
        "{name} ({email}) activated an account and waits for your approval.\n\n"
        "Approve or refuse it in the list of accounts:\n\n{link}\n\n"
        "You get this message because you administer this site.",
    ),
    "account_approved": MailText(
        "Votre compte Bordereau est ouvert",
        "Bonne nouvelle : l'administration du site a ouvert votre compte. Vous pouvez vous connecter :\n\n{link}\n\n"
        "Si vous n'avez pas demandé de compte, prévenez l'administration du site.",
        "Your Bordereau account is open",
        "Good news: the site's administration opened your account. You can log in:\n\n{link}\n\n"
        "If you asked for no account, tell the site's administration.",
    ),
    "account_refused": MailText(
        "Votre demande de compte n'a pas été acceptée",
        "L'administration du site n'a pas accepté votre demande de compte.\n\nMotif : {reason}\n\n"
        "Si vous pensez qu'il s'agit d'une erreur, écrivez à l'administration du site.",
        "Your request for an account was not accepted",
        "The site's administration did not accept your request for an account.\n\nReason: {reason}\n\n"
        "If you think this is a mistake, write to the site's administration.",
    ),
    "account_closed": MailText(
        "Ce compte Bordereau est fermé",
        "Quelqu'un, sans doute vous, a demandé un lien pour cette adresse. Le compte qui lui correspond est fermé.\n\n"
        "Pour le rouvrir, écrivez à l'administration du site.\n\n"
        "Si ce n'était pas vous, ne faites rien : rien n'a changé.",
        "This Bordereau account is closed",
        "Someone, probably you, asked for a link for this address. Its account is closed.\n\n"
        "To open it again, write to the site's administration.\n\n"
        "If it was not you, do nothing: nothing has changed.",
    ),
    # Password
    "account_erased": MailText(
        "Votre compte est effacé",
        "Votre compte et les données qui vous y désignaient sont effacés, comme demandé. La loi "
        "oblige à garder les factures déposées dix ans, sans votre nom, ainsi que la preuve de ce "
        "que vous avez signé : dix ans pour les mandats, cinq ans pour les conditions générales.\n\n"
        "Ce message est le dernier ; cette adresse est oubliée dès son envoi. Si vous n'aviez rien "
        "demandé, écrivez sans attendre à l'exploitant du site.",
        "Your account is erased",
        "Your account and the data that named you are erased, as requested. The law obliges us to "
        "keep deposited invoices for ten years, without your name, and the evidence of what you "
        "signed: ten years for mandates, five years for the terms of use.\n\n"
        "This message is the last one; this address is forgotten once it is sent. If you did not "
        "ask for this, write to the operator of the site at once.",
    ),
    "password_reset": MailText(
        "Choisissez un nouveau mot de passe",
        "Vous avez demandé un nouveau mot de passe pour votre compte Bordereau.\n\n"
        "Ouvrez ce lien dans les {minutes} minutes ; il ne sert qu'une fois :\n\n{link}\n\n"
        "Si vous n'avez rien demandé, ne faites rien : votre mot de passe actuel reste valable.",
        "Choose a new password",
        "You asked for a new password for your Bordereau account.\n\n"
        "Open this link within {minutes} minutes; it works once:\n\n{link}\n\n"
        "If you asked for nothing, do nothing: your present password stays valid.",
    ),
    "password_reset_unknown": MailText(
        "Aucun compte Bordereau à cette adresse",
        "Quelqu'un, sans doute vous, a demandé un nouveau mot de passe pour cette adresse, mais aucun compte n'y correspond. Peut-être en avez-vous donné une autre ?\n\n"
        "Pour créer un compte :\n\n{link}\n\n"
        "Si ce n'était pas vous, ne faites rien.",
        "No Bordereau account at this address",
        "Someone, probably you, asked for a new password for this address, but it has no account. Did you perhaps give another one?\n\n"
        "To create an account:\n\n{link}\n\n"
        "If it was not you, do nothing.",
    ),
    "password_changed": MailText(
        "Votre mot de passe a changé",
        "Le mot de passe de votre compte Bordereau vient d'être changé. Les autres connexions ouvertes ont été fermées.\n\n"
        "Si c'était vous, tout va bien.\n\n"
        "Sinon, choisissez tout de suite un nouveau mot de passe et prévenez l'administration du site :\n\n{link}",
        "Your password was changed",
        "The password of your Bordereau account was just changed. Other log-ins were ended.\n\n"
        "If it was you, all is well.\n\n"
        "If not, choose a new password at once and tell the site's administration:\n\n{link}",
    ),
    # E-mail address
    "email_change": MailText(
        "Confirmez votre nouvelle adresse",
        "Vous avez demandé à utiliser cette adresse pour votre compte Bordereau.\n\n"
        "Confirmez-la dans les {minutes} minutes ; le lien ne sert qu'une fois :\n\n{link}\n\n"
        "Si vous n'avez rien demandé, ne faites rien : l'adresse ne changera pas.",
        "Confirm your new address",
        "You asked to use this address for your Bordereau account.\n\n"
        "Confirm it within {minutes} minutes; the link works once:\n\n{link}\n\n"
        "If you asked for nothing, do nothing: the address will not change.",
    ),
    "email_taken": MailText(
        "Cette adresse a déjà un compte Bordereau",
        "Quelqu'un, sans doute vous, a voulu rattacher cette adresse à un autre compte Bordereau. Elle a déjà le sien :\n\n{link}\n\n"
        "Si ce n'était pas vous, ne faites rien : rien n'a changé.",
        "This address has a Bordereau account already",
        "Someone, probably you, tried to move another Bordereau account to this address. It has one of its own:\n\n{link}\n\n"
        "If it was not you, do nothing: nothing has changed.",
    ),
    "email_change_notice": MailText(
        "Votre adresse de connexion va changer",
        "Votre compte Bordereau demande à passer à l'adresse {email}, dès qu'elle aura été confirmée.\n\n"
        "Si c'était vous, vous n'avez rien à faire.\n\n"
        "Sinon, dites-le ici dans les {days} jours : la demande sera annulée et les connexions fermées.\n\n{link}",
        "Your log-in address is about to change",
        "Your Bordereau account asks to move to the address {email}, once that one is confirmed.\n\n"
        "If it was you, there is nothing to do.\n\n"
        "If not, say so here within {days} days: the request will be cancelled and log-ins ended.\n\n{link}",
    ),
    "email_changed": MailText(
        "Votre adresse de connexion a changé",
        "Vous vous connectez désormais à Bordereau avec l'adresse {email}.\n\n"
        "Si ce n'était pas vous, servez-vous du lien « dites-le ici » du message précédent, envoyé à l'ancienne adresse, et prévenez l'administration du site.",
        "Your log-in address was changed",
        "From now on you log in to Bordereau with the address {email}.\n\n"
        "If it was not you, use the link “say so here” of the previous message, sent to the former address, and tell the site's administration.",
    ),
    "email_kept": MailText(
        "Le changement d'adresse est annulé",
        "Votre compte Bordereau garde l'adresse {email}. Par prudence, son mot de passe a été effacé et toutes les connexions sont fermées.\n\n"
        "Choisissez un nouveau mot de passe :\n\n{link}\n\n"
        "Si le changement avait déjà eu lieu, le compte reste fermé jusqu'à ce que l'administration du site le rouvre.",
        "The change of address is cancelled",
        "Your Bordereau account keeps the address {email}. To be safe, its password was erased and every log-in ended.\n\n"
        "Choose a new password:\n\n{link}\n\n"
        "If the change had taken place already, the account stays closed until the site's administration opens it again.",
    ),
    "email_contested": MailText(
        "Un changement d'adresse est contesté",
        "Le titulaire du compte {name} ({email}) dit ne pas avoir demandé son changement d'adresse. L'adresse est rétablie et le compte fermé.\n\n"
        "Vérifiez auprès de la personne, puis rouvrez le compte dans la liste des comptes :\n\n{link}\n\n"
        "Vous recevez ce message parce que vous administrez ce site.",
        "A change of address is contested",
        "The owner of the account {name} ({email}) says not to have asked for its change of address. The address is restored and the account closed.\n\n"
        "Check with the person, then reopen the account in the list of accounts:\n\n{link}\n\n"
        "You get this message because you administer this site.",
    ),
    "attachment_accepted": MailText(
        "Votre rattachement à {structure} est accepté",
        "Bienvenue ! Votre demande de rattachement à {structure} est acceptée (rôle : {role}).\n\n"
        "Espaces ouverts : {spaces}\nCommentaire : {comment}\n\n"
        "Vos droits sont valables dès maintenant. Si vous n'avez rien demandé, quittez la structure"
        " depuis vos rattachements.",
        "Your attachment to {structure} is accepted",
        "Welcome! Your request to be attached to {structure} is accepted (role: {role}).\n\n"
        "Spaces opened: {spaces}\nComment: {comment}\n\n"
        "Your rights hold from now on. If you asked for nothing, leave the structure from your"
        " attachments.",
    ),
    "attachment_refused": MailText(
        "Votre rattachement à {structure} est refusé",
        "Votre demande de rattachement à {structure} n'a pas été acceptée.\n\n"
        "Raison : {comment}\n\n"
        "Vous pouvez la refaire si la raison ne tient plus. Si vous n'avez rien demandé, il n'y a"
        " rien à faire.",
        "Your attachment to {structure} is refused",
        "Your request to be attached to {structure} was not accepted.\n\n"
        "Reason: {comment}\n\n"
        "You may ask again when the reason no longer holds. If you asked for nothing, there is"
        " nothing to do.",
    ),
    "attachment_role_changed": MailText(
        "Votre rôle change dans {structure}",
        "Votre rôle dans {structure} est désormais : {role}. Il est valable dès maintenant.\n\n"
        "Si ce changement vous surprend, parlez-en au gestionnaire principal.",
        "Your role changes in {structure}",
        "Your role in {structure} is now: {role}. It holds from now on.\n\n"
        "If this surprises you, speak to the main manager.",
    ),
    "attachment_spaces_changed": MailText(
        "Vos espaces changent dans {structure}",
        "Vos espaces dans {structure} sont désormais : {spaces}. Ils sont valables dès"
        " maintenant.\n\n"
        "Si ce changement vous surprend, parlez-en à un gestionnaire de la structure.",
        "Your spaces change in {structure}",
        "Your spaces in {structure} are now: {spaces}. They hold from now on.\n\n"
        "If this surprises you, speak to a manager of the structure.",
    ),
    "attachment_deactivated": MailText(
        "Votre rattachement à {structure} est désactivé",
        "Votre rattachement à {structure} est désactivé : vous n'y avez plus accès.\n\n"
        "Commentaire : {comment}\n\n"
        "Un gestionnaire de la structure peut le réactiver ; adressez-vous à lui.",
        "Your attachment to {structure} is deactivated",
        "Your attachment to {structure} is deactivated: it no longer opens anything.\n\n"
        "Comment: {comment}\n\n"
        "A manager of the structure may reactivate it; ask them.",
    ),
    "attachment_reactivated": MailText(
        "Votre rattachement à {structure} est réactivé",
        "Votre rattachement à {structure} est de nouveau actif, avec vos espaces d'avant.\n\n"
        "Commentaire : {comment}\n\n"
        "Si vous ne travaillez plus pour cette structure, quittez-la depuis vos rattachements.",
        "Your attachment to {structure} is active again",
        "Your attachment to {structure} is active again, with the spaces you had.\n\n"
        "Comment: {comment}\n\n"
        "If you no longer work for this structure, leave it from your attachments.",
    ),
    "attachment_removed": MailText(
        "Votre rattachement à {structure} est supprimé",
        "Votre rattachement à {structure} est supprimé : vous n'y avez plus accès.\n\n"
        "Commentaire : {comment}\n\n"
        "Si c'est une erreur, demandez de nouveau à y être rattaché.",
        "Your attachment to {structure} is removed",
        "Your attachment to {structure} is removed: it no longer opens anything.\n\n"
        "Comment: {comment}\n\n"
        "If this is a mistake, ask to be attached again.",
    ),
    "attachment_left": MailText(
        "{person} a quitté {structure}",
        "{person} a quitté votre structure {structure} et n'y a plus accès.\n\n"
        "Vous n'avez rien à faire.",
        "{person} left {structure}",
        "{person} left your structure {structure} and no longer has access to it.\n\n"
        "There is nothing to do.",
    ),
    "spaces_requested": MailText(
        "{person} demande des espaces dans {structure}",
        "{person} demande ces espaces dans votre structure {structure} : {spaces}.\n\n"
        "Message : {message}\n\n"
        "Acceptez ou refusez depuis la liste des demandes en attente de votre structure.",
        "{person} asks for spaces in {structure}",
        "{person} asks for these spaces in your structure {structure}: {spaces}.\n\n"
        "Message: {message}\n\n"
        "Accept or refuse from the pending requests of your structure.",
    ),
    "spaces_accepted": MailText(
        "De nouveaux espaces vous sont ouverts dans {structure}",
        "Ces espaces vous sont ouverts dans {structure} : {spaces}. Ils sont valables dès"
        " maintenant.\n\nCommentaire : {comment}",
        "New spaces are open to you in {structure}",
        "These spaces are open to you in {structure}: {spaces}. They hold from now on.\n\n"
        "Comment: {comment}",
    ),
    "spaces_refused": MailText(
        "Les espaces demandés dans {structure} sont refusés",
        "Les espaces que vous demandiez dans {structure} ({spaces}) n'ont pas été ouverts.\n\n"
        "Raison : {comment}\n\n"
        "Vous pouvez refaire la demande si la raison ne tient plus.",
        "The spaces asked for in {structure} are refused",
        "The spaces you asked for in {structure} ({spaces}) were not opened.\n\n"
        "Reason: {comment}\n\n"
        "You may ask again when the reason no longer holds.",
    ),
    "main_manager_gained": MailText(
        "Vous êtes gestionnaire principal de {structure}",
        "Vous êtes désormais le gestionnaire principal de {structure} : vous en signez le mandat,"
        " nommez ses gestionnaires et déclarez ses changements de SIRET.\n\n"
        "Commentaire : {comment}\n\n"
        "Si vous ne devez pas l'être, transmettez la gestion principale à un autre utilisateur.",
        "You are the main manager of {structure}",
        "You are now the main manager of {structure}: you sign its mandate, appoint its managers"
        " and declare its changes of SIRET.\n\n"
        "Comment: {comment}\n\n"
        "If you should not be, hand over the main management to another member.",
    ),
    "main_manager_given_up": MailText(
        "Vous avez transmis la gestion principale de {structure}",
        "{person} est désormais le gestionnaire principal de {structure}. Vous en restez"
        " gestionnaire secondaire.\n\n"
        "Commentaire : {comment}\n\n"
        "Si ce n'est pas vous qui l'avez transmise, changez de mot de passe et écrivez aussitôt à"
        " l'administrateur du portail.",
        "You handed over the main management of {structure}",
        "{person} is now the main manager of {structure}. You remain a secondary manager.\n\n"
        "Comment: {comment}\n\n"
        "If it was not you who handed it over, change your password and write to the administrator"
        " of the portal at once.",
    ),
    "main_manager_replaced": MailText(
        "Vous n'êtes plus gestionnaire principal de {structure}",
        "L'administrateur du portail a nommé {person} gestionnaire principal de {structure} à votre"
        " place ; votre rattachement est désactivé.\n\n"
        "Raison : {comment}\n\n"
        "Si c'est une erreur, écrivez à l'administrateur du portail : {person} peut réactiver votre"
        " rattachement.",
        "You are no longer the main manager of {structure}",
        "The administrator of the portal appointed {person} main manager of {structure} in your"
        " place; your attachment is deactivated.\n\n"
        "Reason: {comment}\n\n"
        "If this is a mistake, write to the administrator of the portal: {person} may reactivate"
        " your attachment.",
    ),
    "main_manager_changed": MailText(
        "{person} est gestionnaire principal de {structure}",
        "{person} est désormais le gestionnaire principal de {structure}.\n\n"
        "Commentaire : {comment}\n\n"
        "Si ce changement vous surprend, écrivez à l'administrateur du portail.",
        "{person} is the main manager of {structure}",
        "{person} is now the main manager of {structure}.\n\n"
        "Comment: {comment}\n\n"
        "If this surprises you, write to the administrator of the portal.",
    ),
    "siret_change_declared": MailText(
        "Changement de SIRET à confirmer : {structure}",
        "{structure} déclare changer de SIRET : {old} devient {new} le {date}.\n\n"
        "Raison : {reason}\n\n"
        "Vérifiez-le à l'INSEE, puis confirmez ou refusez la déclaration.",
        "Change of SIRET to confirm: {structure}",
        "{structure} declares a change of SIRET: {old} becomes {new} on {date}.\n\n"
        "Reason: {reason}\n\n"
        "Check it with INSEE, then confirm or refuse the declaration.",
    ),
    "siret_change_confirmed": MailText(
        "Le SIRET de {structure} est désormais {new}",
        "Le changement de SIRET de {structure} est confirmé : {new} remplace {old}. La structure"
        " garde ses factures, ses utilisateurs et son historique ; l'ancien SIRET la désigne"
        " encore.\n\n"
        "Commentaire : {comment}\n\n"
        "Si ce changement vous surprend, écrivez à l'administrateur du portail.",
        "The SIRET of {structure} is now {new}",
        "The change of SIRET of {structure} is confirmed: {new} replaces {old}. The structure keeps"
        " its invoices, members and history; the old SIRET still finds it.\n\n"
        "Comment: {comment}\n\n"
        "If this surprises you, write to the administrator of the portal.",
    ),
    "siret_change_refused": MailText(
        "Le changement de SIRET de {structure} est refusé",
        "Le changement de SIRET de {structure} ({old} vers {new}) est refusé.\n\n"
        "Raison : {comment}\n\n"
        "Le gestionnaire principal peut le déclarer de nouveau.",
        "The change of SIRET of {structure} is refused",
        "The change of SIRET of {structure} ({old} to {new}) is refused.\n\n"
        "Reason: {comment}\n\n"
        "The main manager may declare it again.",
    ),
    "connection_requested": MailText(
        "Raccordement demandé : {application}",
        "{by} demande le raccordement de l'application {application} ({environment}) pour"
        " votre structure {structure}.\n\n"
        "Portées : {scopes}. Espaces : {spaces}.\n\n"
        "L'administrateur du portail se prononcera ; vous serez prévenu de sa décision.\n\n"
        "Si cette action n'était pas attendue, voyez-la avec les gestionnaires de votre"
        " structure ; vous pouvez suspendre ou clore le raccordement à tout moment.",
        "Connection requested: {application}",
        "{by} asks for the connection of the application {application} ({environment})"
        " for your structure {structure}.\n\n"
        "Scopes: {scopes}. Spaces: {spaces}.\n\n"
        "The administrator of the site decides; you will be told.\n\n"
        "If this was not expected, ask the managers of your structure about it; you can"
        " suspend or close the connection at any time.",
    ),
    "connection_to_decide": MailText(
        "Raccordement à examiner : {application}, {structure}",
        "{by} demande le raccordement de l'application {application} ({environment}) pour"
        " la structure {structure}.\n\n"
        "Portées : {scopes}. Espaces : {spaces}.\n\n"
        "Acceptez ou refusez cette demande depuis la liste des raccordements.",
        "Connection to decide: {application}, {structure}",
        "{by} asks for the connection of the application {application} ({environment})"
        " for the structure {structure}.\n\n"
        "Scopes: {scopes}. Spaces: {spaces}.\n\n"
        "Accept or refuse this request from the list of connections.",
    ),
    "connection_accepted": MailText(
        "Raccordement accepté : {application}",
        "Le raccordement de l'application {application} ({environment}) est accepté pour"
        " votre structure {structure}.\n\n"
        "Vous pouvez maintenant créer son compte technique : son secret ne sera montré"
        " qu'une fois.\n\n"
        "Si cette action n'était pas attendue, voyez-la avec les gestionnaires de votre"
        " structure ; vous pouvez suspendre ou clore le raccordement à tout moment.",
        "Connection accepted: {application}",
        "The connection of the application {application} ({environment}) is accepted for"
        " your structure {structure}.\n\n"
        "You can now create its technical account: its secret will be shown once.\n\n"
        "If this was not expected, ask the managers of your structure about it; you can"
        " suspend or close the connection at any time.",
    ),
    "connection_refused": MailText(
        "Raccordement refusé : {application}",
        "L'administrateur du portail a refusé le raccordement de l'application"
        " {application} pour votre structure {structure}.\n\n"
        "Motif : {comment}\n\n"
        "Vous pouvez faire une autre demande.",
        "Connection refused: {application}",
        "The administrator of the site refused the connection of the application"
        " {application} for your structure {structure}.\n\n"
        "Reason: {comment}\n\n"
        "You can make another request.",
    ),
    "connection_activated": MailText(
        "Raccordement actif : {application}",
        "Le raccordement de l'application {application} ({environment}) est actif pour"
        " votre structure {structure} : il a son premier compte technique.\n\n"
        "Si cette action n'était pas attendue, voyez-la avec les gestionnaires de votre"
        " structure ; vous pouvez suspendre ou clore le raccordement à tout moment.",
        "Connection active: {application}",
        "The connection of the application {application} ({environment}) is active for"
        " your structure {structure}: it has its first technical account.\n\n"
        "If this was not expected, ask the managers of your structure about it; you can"
        " suspend or close the connection at any time.",
    ),
    "connection_suspended": MailText(
        "Raccordement suspendu : {application}",
        "{by} a suspendu le raccordement de l'application {application} de votre"
        " structure {structure}. Ses comptes techniques sont refusés jusqu'à la reprise.\n\n"
        "Motif : {comment}\n\n"
        "Si vous n'attendiez pas cette suspension, voyez-la avec les gestionnaires de"
        " votre structure ou avec l'administrateur du portail.",
        "Connection suspended: {application}",
        "{by} suspended the connection of the application {application} of your structure"
        " {structure}. Its technical accounts are refused until it is resumed.\n\n"
        "Reason: {comment}\n\n"
        "If you did not expect it, ask the managers of your structure or the"
        " administrator of the site.",
    ),
    "connection_resumed": MailText(
        "Raccordement repris : {application}",
        "{by} a repris le raccordement de l'application {application} de votre structure"
        " {structure}. Ses comptes techniques sont de nouveau acceptés.\n\n"
        "Si cette action n'était pas attendue, voyez-la avec les gestionnaires de votre"
        " structure ; vous pouvez suspendre ou clore le raccordement à tout moment.",
        "Connection resumed: {application}",
        "{by} resumed the connection of the application {application} of your structure"
        " {structure}. Its technical accounts are accepted again.\n\n"
        "If this was not expected, ask the managers of your structure about it; you can"
        " suspend or close the connection at any time.",
    ),
    "connection_closed": MailText(
        "Raccordement clos : {application}",
        "{by} a clos le raccordement de l'application {application} de votre structure"
        " {structure}. Ses comptes techniques sont révoqués, sans retour.\n\n"
        "Motif : {comment}\n\n"
        "Pour raccorder de nouveau l'application, faites une autre demande.",
        "Connection closed: {application}",
        "{by} closed the connection of the application {application} of your structure"
        " {structure}. Its technical accounts are revoked for good.\n\n"
        "Reason: {comment}\n\n"
        "To connect the application again, make another request.",
    ),
    "technical_account_created": MailText(
        "Compte technique créé : {name}",
        "{by} a créé le compte technique {name} ({client}) de l'application {application}"
        " pour votre structure {structure}.\n\n"
        "Portées : {scopes}. Espaces : {spaces}.\n\n"
        "Si cette action n'était pas attendue, révoquez ce compte technique : ses jetons"
        " sont refusés aussitôt.",
        "Technical account created: {name}",
        "{by} created the technical account {name} ({client}) of the application"
        " {application} for your structure {structure}.\n\n"
        "Scopes: {scopes}. Spaces: {spaces}.\n\n"
        "If this was not expected, revoke this technical account: its tokens are refused"
        " at once.",
    ),
    "technical_account_secret_rotated": MailText(
        "Nouveau secret du compte technique {name}",
        "{by} a renouvelé le secret du compte technique {name} ({client}) de"
        " l'application {application}, structure {structure}.\n\n"
        "L'ancien secret fonctionne jusqu'au : {until}.\n\n"
        "Si cette action n'était pas attendue, révoquez ce compte technique : ses jetons"
        " sont refusés aussitôt.",
        "New secret of the technical account {name}",
        "{by} renewed the secret of the technical account {name} ({client}) of the"
        " application {application}, structure {structure}.\n\n"
        "The old secret works until: {until}.\n\n"
        "If this was not expected, revoke this technical account: its tokens are refused"
        " at once.",
    ),
    "technical_account_secret_expiring": MailText(
        "Le secret du compte technique {name} prend fin dans {days} jour(s)",
        "Le secret du compte technique {name} ({client}) de l'application {application},"
        " structure {structure}, prend fin le {date}. Ensuite, l'application ne pourra"
        " plus se connecter.\n\n"
        "Renouvelez-le dès maintenant : l'ancien secret reste accepté pendant la bascule.",
        "The secret of the technical account {name} ends in {days} day(s)",
        "The secret of the technical account {name} ({client}) of the application"
        " {application}, structure {structure}, ends on {date}. After that the application"
        " can no longer log in.\n\n"
        "Renew it now: the old secret is still accepted during the change.",
    ),
    "technical_account_secret_expired": MailText(
        "Le secret du compte technique {name} a pris fin",
        "Le secret du compte technique {name} ({client}) de l'application {application},"
        " structure {structure}, a pris fin le {date}. L'application ne peut plus se"
        " connecter.\n\n"
        "Renouvelez le secret et donnez-le à l'application, ou révoquez le compte s'il ne"
        " sert plus.",
        "The secret of the technical account {name} has ended",
        "The secret of the technical account {name} ({client}) of the application"
        " {application}, structure {structure}, ended on {date}. The application can no"
        " longer log in.\n\n"
        "Renew the secret and hand it to the application, or revoke the account if it is"
        " no longer used.",
    ),
    "technical_account_review_asked": MailText(
        "Qui répond du compte technique {name} ?",
        "La personne qui avait décidé de ce que peut le compte technique {name}"
        " ({client}) de l'application {application} ne gère plus votre structure"
        " {structure}.\n\n"
        "Le compte reste ouvert, car il est celui de la structure. Vérifiez ce qu'il peut"
        " faire et enregistrez-le : vous en répondrez. Si vous ne le connaissez pas,"
        " révoquez-le.",
        "Who answers for the technical account {name}?",
        "The person who decided what the technical account {name} ({client}) of the"
        " application {application} may do no longer manages your structure {structure}.\n\n"
        "The account stays open, for it is the structure's. Check what it may do and save"
        " it: you answer for it then. If you do not know it, revoke it.",
    ),
    "webhook_review_asked": MailText(
        "Qui répond du point de réception {url} ?",
        "La personne qui avait décidé de ce que reçoit le point de réception {url} ({endpoint})"
        " n'est plus rattachée à votre structure {structure}.\n\n"
        "Il continue de recevoir, car il est celui de la structure. Vérifiez ce qu'il reçoit et"
        " enregistrez-le : vous en répondrez. Si vous ne le connaissez pas, supprimez-le.",
        "Who answers for the webhook endpoint {url}?",
        "The person who decided what the webhook endpoint {url} ({endpoint}) is told no longer"
        " belongs to your structure {structure}.\n\n"
        "It goes on being told, for it is the structure's. Check what it is told and save it: you"
        " answer for it then. If you do not know it, delete it.",
    ),
    "works_manager_late": MailText(
        "Pièce de travaux {number} : la maîtrise d'œuvre n'a pas répondu",
        "La pièce {frame} n° {number} de {depositor}, reçue le {received} par la maîtrise d'œuvre,"
        " n'a pas eu de suite dans le délai réglementaire. {structure} en est avertie.\n\n"
        "Le dossier attend : la maîtrise d'œuvre peut encore déposer sa pièce.",
        "Works piece {number}: the project manager has not answered",
        "The {frame} piece no. {number} of {depositor}, received by the project manager on"
        " {received}, was not followed within the legal time. {structure} is warned.\n\n"
        "The file waits: the project manager may still deposit its piece.",
    ),
    "works_tacit_open": MailText(
        "Pièce de travaux {number} : pas de décompte général à temps",
        "Aucun décompte général n'a répondu à la pièce {frame} n° {number} de {depositor}, reçue le"
        " {received}. Vous recevez ce message pour {structure}.\n\n"
        "Le titulaire peut déposer son propre projet (pièce A22) ; la maîtrise d'ouvrage aura alors"
        " un dernier délai pour répondre.",
        "Works piece {number}: no general statement in time",
        "No general statement answered the {frame} piece no. {number} of {depositor}, received on"
        " {received}. You are written to for {structure}.\n\n"
        "The holder may deposit its own draft (piece A22); the contracting authority then has a"
        " last delay to answer.",
    ),
    "works_became_final": MailText(
        "Pièce de travaux {number} : projet devenu définitif",
        "La maîtrise d'ouvrage n'a pas répondu à temps à la pièce {frame} n° {number} de"
        " {depositor}, reçue le {received} : ce projet est devenu le décompte général et définitif."
        " Vous recevez ce message pour {structure}.\n\n"
        "Il reste à le constater par une pièce A23, A24 ou A25, qui part au paiement.",
        "Works piece {number}: the draft has become final",
        "The contracting authority did not answer the {frame} piece no. {number} of {depositor},"
        " received on {received}, in time: this draft is the general and final statement. You are"
        " written to for {structure}.\n\n"
        "It remains to be recorded by a piece A23, A24 or A25, which goes to payment.",
    ),
    "contract_role_proposed": MailText(
        "Marché {number} : un rôle attend votre réponse",
        "{by} propose à {structure} de prendre part au marché {number} ({label}) de {authority}.\n\n"
        "Rôle : {roles}\n\n"
        "Acceptez ce rôle, ou déclinez-le en disant pourquoi, depuis les marchés de votre structure"
        " (identifiant {contract} ; contractRoleAnswer dans l'API). Rien n'est convenu pour vous"
        " tant que vous n'avez pas accepté.",
        "Contract {number}: a role awaits your answer",
        "{by} proposes that {structure} take part in the contract {number} ({label}) of"
        " {authority}.\n\n"
        "Role: {roles}\n\n"
        "Accept this role, or decline it and say why, from the contracts of your structure"
        " (identifier {contract}; contractRoleAnswer in the API). Nothing is agreed for you until"
        " you accept.",
    ),
    "contract_amendment_proposed": MailText(
        "Marché {number} : un avenant attend votre réponse",
        "{by} propose un avenant au marché {number} ({label}) de {authority}. Il lui faut une"
        " réponse de {structure}.\n\n"
        "Rôle : {roles}\nCommentaire : {comment}\n\n"
        "Acceptez ce rôle, ou déclinez-le en disant pourquoi, depuis les marchés de votre structure"
        " (identifiant {contract} ; contractRoleAnswer dans l'API). Les termes en vigueur restent"
        " tant que l'avenant n'est pas convenu.",
        "Contract {number}: an amendment awaits your answer",
        "{by} proposes an amendment of the contract {number} ({label}) of {authority}. It needs an"
        " answer of {structure}.\n\n"
        "Role: {roles}\nComment: {comment}\n\n"
        "Accept this role, or decline it and say why, from the contracts of your structure"
        " (identifier {contract}; contractRoleAnswer in the API). The terms in force stay until the"
        " amendment is agreed.",
    ),
    "contract_role_declined": MailText(
        "Marché {number} : un rôle est décliné",
        "{participant} décline son rôle dans les termes que {structure} propose pour le marché"
        " {number} ({label}) de {authority}.\n\n"
        "Rôle : {roles}\nRaison : {comment}\n\n"
        "Convenez-en avec {participant}, qui peut encore accepter, ou proposez d'autres termes"
        " depuis les marchés de votre structure (identifiant {contract} ; contractAmend dans"
        " l'API).",
        "Contract {number}: a role is declined",
        "{participant} declines its role in the terms that {structure} proposes for the contract"
        " {number} ({label}) of {authority}.\n\n"
        "Role: {roles}\nReason: {comment}\n\n"
        "Agree with {participant}, which may still accept, or propose other terms from the"
        " contracts of your structure (identifier {contract}; contractAmend in the API).",
    ),
    "contract_subcontractor_refused": MailText(
        "Marché {number} : un paiement direct est refusé",
        "{by} n'admet pas {participant} au paiement direct dans le marché {number} ({label}) de"
        " {authority}. Vous recevez ce message pour {structure}.\n\n"
        "Rôle : {roles}\nRaison : {comment}\n\n"
        "Sans cette admission le sous-traitant adresse ses factures à l'entreprise pour laquelle il"
        " travaille. Un avenant peut demander le paiement direct autrement, depuis les marchés de"
        " votre structure (identifiant {contract} ; contractAmend dans l'API).",
        "Contract {number}: direct payment is refused",
        "{by} does not admit {participant} to direct payment in the contract {number} ({label}) of"
        " {authority}. You are written to for {structure}.\n\n"
        "Role: {roles}\nReason: {comment}\n\n"
        "Without this admission the subcontractor sends its invoices to the company that it works"
        " for. An amendment may ask for direct payment in another way, from the contracts of your"
        " structure (identifier {contract}; contractAmend in the API).",
    ),
    "contract_in_force": MailText(
        "Marché {number} : en vigueur",
        "Le marché {number} ({label}) de {authority}, que {structure} a proposé, est en vigueur :"
        " tous ceux dont il fallait l'accord ont accepté leur rôle, {by} en dernier.\n\n"
        "Ce qui sera déposé sous ce numéro suit désormais ces termes. L'état de chaque rôle, et du"
        " paiement direct des sous-traitants, se lit dans les marchés de votre structure"
        " (identifiant {contract}).",
        "Contract {number}: in force",
        "The contract {number} ({label}) of {authority}, which {structure} proposed, is in force:"
        " all those whose agreement it needs have accepted their roles, {by} the last.\n\n"
        "What is deposited under this number follows these terms from now on. Where each role and"
        " the direct payment of subcontractors stand is in the contracts of your structure"
        " (identifier {contract}).",
    ),
    "contract_amendment_in_force": MailText(
        "Marché {number} : avenant en vigueur",
        "L'avenant que {structure} a proposé au marché {number} ({label}) de {authority} est en"
        " vigueur : tous ceux dont il fallait l'accord ont accepté leur rôle, {by} en dernier.\n\n"
        "Ce qui sera déposé sous ce numéro suit désormais ces termes. L'état de chaque rôle, et du"
        " paiement direct des sous-traitants, se lit dans les marchés de votre structure"
        " (identifiant {contract}).",
        "Contract {number}: amendment in force",
        "The amendment that {structure} proposed of the contract {number} ({label}) of {authority}"
        " is in force: all those whose agreement it needs have accepted their roles, {by} the"
        " last.\n\n"
        "What is deposited under this number follows these terms from now on. Where each role and"
        " the direct payment of subcontractors stand is in the contracts of your structure"
        " (identifier {contract}).",
    ),
    "contract_role_ended": MailText(
        "Marché {number} : vous n'en faites plus partie",
        "Un avenant au marché {number} ({label}) de {authority} est en vigueur : {structure} n'y"
        " tient plus de rôle.\n\n"
        "Rôle jusqu'ici : {roles}\n\n"
        "Ce qui a été déposé suit son cours ; le marché (identifiant {contract}) n'est plus visible"
        " pour votre structure. Si cela vous surprend, adressez-vous à celui pour qui vous y"
        " travailliez ou à {authority}.",
        "Contract {number}: you no longer take part",
        "An amendment of the contract {number} ({label}) of {authority} is in force: {structure}"
        " plays no role in it any more.\n\n"
        "Role until now: {roles}\n\n"
        "What was deposited goes on; the contract (identifier {contract}) is no longer shown to"
        " your structure. If this surprises you, ask the one that you worked for or {authority}.",
    ),
    "technical_account_revoked": MailText(
        "Compte technique révoqué : {name}",
        "{by} a révoqué le compte technique {name} ({client}) de l'application"
        " {application}, structure {structure}. Ses jetons sont refusés et ses flux"
        " fermés.\n\n"
        "Si vous n'attendiez pas cette révocation, créez un autre compte technique et"
        " voyez-la avec les gestionnaires de votre structure.",
        "Technical account revoked: {name}",
        "{by} revoked the technical account {name} ({client}) of the application"
        " {application}, structure {structure}. Its tokens are refused and its streams"
        " closed.\n\n"
        "If you did not expect it, create another technical account and ask the managers"
        " of your structure.",
    ),
    "delegation_granted": MailText(
        "{structure} confie des espaces à {delegate}",
        "{by} laisse les comptes techniques de {delegate} agir pour {structure}.\n\n"
        "Compte technique : {account}. Espaces : {spaces}. Fin : {until}.\n\n"
        "Chacune des deux structures peut retirer une délégation à tout moment.",
        "{structure} entrusts spaces to {delegate}",
        "{by} lets the technical accounts of {delegate} act for {structure}.\n\n"
        "Technical account: {account}. Spaces: {spaces}. End: {until}.\n\n"
        "Either structure can withdraw a delegation at any time.",
    ),
    "delegation_withdrawn": MailText(
        "Délégation retirée : {structure}, {delegate}",
        "{by} a retiré la délégation de {structure} à {delegate}. Plus aucun compte"
        " technique n'agit par elle.\n\n"
        "Compte technique : {account}. Espaces : {spaces}.\n\n"
        "Si vous n'attendiez pas ce retrait, voyez-le avec l'autre structure.",
        "Delegation withdrawn: {structure}, {delegate}",
        "{by} withdrew the delegation of {structure} to {delegate}. No technical account"
        " acts by it any more.\n\n"
        "Technical account: {account}. Spaces: {spaces}.\n\n"
        "If you did not expect it, ask the other structure.",
    ),
    "delegation_expired": MailText(
        "Délégation échue : {structure}, {delegate}",
        "La délégation de {structure} à {delegate} a pris fin le {until}. Plus aucun"
        " compte technique n'agit par elle.\n\n"
        "Compte technique : {account}. Espaces : {spaces}.\n\n"
        "Pour continuer, un gestionnaire de {structure} accorde une autre délégation.",
        "Delegation ended: {structure}, {delegate}",
        "The delegation of {structure} to {delegate} ended on {until}. No technical"
        " account acts by it any more.\n\n"
        "Technical account: {account}. Spaces: {spaces}.\n\n"
        "To go on, a manager of {structure} grants another delegation.",
    ),
    # An external identity provider
    "identity_linked": MailText(
        "Votre compte s'ouvre désormais avec votre fournisseur d'identité",
        "Votre compte Bordereau est lié à {provider}, où vous êtes connu comme {known_as} : vous pouvez vous connecter par là.\n\n"
        "Ce lien se voit et se retire ici :\n\n{link}\n\n"
        "Si ce n'était pas vous, retirez-le aussitôt, changez votre mot de passe et prévenez l'administration du site.",
        "Your account now opens with your identity provider",
        "Your Bordereau account is linked to {provider}, where you are known as {known_as}: you may log in that way.\n\n"
        "The link is shown and taken away here:\n\n{link}\n\n"
        "If it was not you, take it away at once, change your password and tell the site's administration.",
    ),
    "identity_unlinked": MailText(
        "Votre compte ne s'ouvre plus avec votre fournisseur d'identité",
        "Votre compte Bordereau n'est plus lié à {provider}, où vous étiez connu comme {known_as}. Votre mot de passe reste le même.\n\n"
        "Pour le lier à nouveau :\n\n{link}\n\n"
        "Si ce n'était pas vous, changez votre mot de passe et prévenez l'administration du site.",
        "Your account no longer opens with your identity provider",
        "Your Bordereau account is no longer linked to {provider}, where you were known as {known_as}. Your password stays the same.\n\n"
        "To link it again:\n\n{link}\n\n"
        "If it was not you, change your password and tell the site's administration.",
    ),
    "external_confirm": MailText(
        "Confirmez votre adresse pour ouvrir votre compte Bordereau",
        "Vous ouvrez un compte Bordereau en vous connectant avec {provider}. Il reste à confirmer cette adresse.\n\n"
        "Ouvrez ce lien dans les {minutes} minutes, dans le navigateur où vous avez commencé ; il ne sert qu'une fois :\n\n{link}\n\n"
        "Si vous n'avez rien demandé, ne faites rien : aucun compte ne sera créé.",
        "Confirm your address to open your Bordereau account",
        "You are opening a Bordereau account by logging in with {provider}. This address is still to be confirmed.\n\n"
        "Open this link within {minutes} minutes, in the browser where you began; it works once:\n\n{link}\n\n"
        "If you asked for nothing, do nothing: no account will be created.",
    ),
    # Webhooks
    "webhook_degraded": MailText(
        "Webhooks de {structure} : un point de réception ne répond plus comme il faut",
        "Le point de réception {url} ({endpoint}) de {structure} échoue trop souvent : il est passé à l'état « dégradé ».\n\n"
        "En échec depuis : {since}\nDernière erreur : {error}\nMessages en attente : {waiting}\n\n"
        "Aucun message n'est effacé. Un seul est essayé de temps à autre ; au premier succès, tous ceux qui attendent repartent d'eux-mêmes, dans l'ordre. Si le point de réception écarte ce qui bloque trop longtemps (SKIP_AFTER), un rejeu renvoie ce qui l'a été. Il n'y a rien à faire dans Bordereau : rétablissez le récepteur. Sans succès pendant {days} jours, le point de réception est mis en pause.\n\n"
        "Le détail de chaque tentative : webhookDeliveries et explainDelivery dans l'API.",
        "Webhooks of {structure}: an endpoint does not answer as it should",
        "The endpoint {url} ({endpoint}) of {structure} fails too often: it is now degraded.\n\n"
        "Failing since: {since}\nLast error: {error}\nMessages waiting: {waiting}\n\n"
        "No message is deleted. One at a time is tried now and then; at the first success all that wait leave by themselves, in order. Where the endpoint skips what blocks for too long (SKIP_AFTER), a replay sends again what was skipped. There is nothing to do in Bordereau: repair the receiver. Without any success for {days} days the endpoint is paused.\n\n"
        "Every attempt in detail: webhookDeliveries and explainDelivery in the API.",
    ),
    "webhook_paused": MailText(
        "Webhooks de {structure} : un point de réception est en pause",
        "Le point de réception {url} ({endpoint}) de {structure} est en pause : il a répondu 410 (disparu), ou n'a rien accepté depuis trop longtemps.\n\n"
        "En échec depuis : {since}\nDernière erreur : {error}\nMessages en attente : {waiting}\n\n"
        "Aucun message n'est effacé et les suivants s'ajoutent aux premiers. Une fois le récepteur rétabli, reprenez avec la mutation webhookEndpointResume : start ALL envoie tout ce qui attend, SINCE ce qui suit un curseur, NOW seulement la suite.",
        "Webhooks of {structure}: an endpoint is paused",
        "The endpoint {url} ({endpoint}) of {structure} is paused: it answered 410 (gone), or accepted nothing for too long.\n\n"
        "Failing since: {since}\nLast error: {error}\nMessages waiting: {waiting}\n\n"
        "No message is deleted, and the next ones join the first. Once the receiver works, resume with the mutation webhookEndpointResume: start ALL sends all that waits, SINCE what follows a cursor, NOW only what is still to come.",
    ),
}

# Whose row goes as soon as it is sent: their recipient asked to be forgotten.
FORGOTTEN = frozenset({"account_erased"})

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
