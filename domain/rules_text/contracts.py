"""Rules of contracts, their parties and what is deposited on them."""

from __future__ import annotations

from domain.rules_text.row import OURS, RuleText, advice

CONTRACTS: dict[str, RuleText] = {
    "BDR-CTR-001": RuleText(
        "REQUIRED",
        "Le champ « {field_fr} » est obligatoire.",
        "The field “{field_en}” is required.",
        "Renseignez ce champ.",
        "Fill in this field.",
    ),
    "BDR-CTR-002": RuleText(
        "NOT_ALLOWED",
        "Un avenant ne change pas la maîtrise d'ouvrage du marché.",
        "An amendment does not change the contracting authority of the contract.",
        "Gardez la même maîtrise d'ouvrage, ou proposez un autre marché.",
        "Keep the same contracting authority, or propose another contract.",
    ),
    "BDR-CTR-003": RuleText(
        "DUPLICATE",
        "La maîtrise d'ouvrage a déjà un marché numéro « {number} ».",
        "The contracting authority has a contract of number “{number}” already.",
        "Vérifiez le numéro ; pour changer le marché connu, proposez un avenant.",
        "Check the number; to change the contract that is known, propose an amendment.",
    ),
    "BDR-CTR-004": RuleText(
        "NOT_FOUND",
        "Aucune structure du portail n'a l'identifiant « {identifier} ».",
        "No structure of the site has the identifier “{identifier}”.",
        "Vérifiez le SIRET ; chaque participant a une structure sur le portail.",
        "Check the SIRET; each participant has a structure on the site.",
    ),
    "BDR-CTR-005": RuleText(
        "INACTIVE",
        "La structure « {name} » n'est pas active.",
        "The structure “{name}” is not active.",
        "Demandez-lui d'être activée, ou choisissez-en une autre.",
        "Ask it to get activated, or choose another one.",
    ),
    "BDR-CTR-006": RuleText(
        "NOT_FOUND",
        "La structure « {name} » n'a pas de service actif « {service} ».",
        "The structure “{name}” has no active service “{service}”.",
        "Vérifiez le code service, ou n'en indiquez aucun.",
        "Check the service code, or give none.",
    ),
    "BDR-CTR-007": RuleText(
        "REQUIRED",
        "Un marché a une maîtrise d'ouvrage et une seule.",
        "A contract has one contracting authority, and one only.",
        "Nommez une structure dans le rôle CONTRACTING_AUTHORITY.",
        "Name one structure in the role CONTRACTING_AUTHORITY.",
    ),
    "BDR-CTR-008": RuleText(
        "REQUIRED",
        "Un marché a un titulaire, ou un mandataire du groupement, et un seul.",
        "A contract has one holder, or one agent of a group, and one only.",
        "Nommez une structure dans le rôle HOLDER, ou GROUP_AGENT pour un groupement.",
        "Name one structure in the role HOLDER, or GROUP_AGENT for a group.",
    ),
    "BDR-CTR-009": RuleText(
        "NOT_ALLOWED",
        "Un groupement a un mandataire et au moins un cotraitant.",
        "A group has an agent and one co-contractor at least.",
        "Nommez le mandataire dans le rôle GROUP_AGENT et les autres dans le rôle CO_CONTRACTOR.",
        "Name the agent in the role GROUP_AGENT and the others in the role CO_CONTRACTOR.",
    ),
    "BDR-CTR-010": RuleText(
        "NOT_ALLOWED",
        "Le rôle {role} n'est tenu qu'une fois.",
        "The role {role} is played once only.",
        "Ne gardez qu'une structure dans ce rôle.",
        "Keep one structure in this role.",
    ),
    "BDR-CTR-011": RuleText(
        "NOT_FOUND",
        "« {identifier} » n'est ni titulaire, ni mandataire, ni cotraitant de ce marché.",
        "“{identifier}” is neither holder, agent nor co-contractor in this contract.",
        "Indiquez l'identifiant de la structure pour laquelle le sous-traitant travaille.",
        "Give the identifier of the structure that the subcontractor works for.",
    ),
    "BDR-CTR-012": RuleText(
        "NOT_ALLOWED",
        "Le champ « {field_fr} » ne concerne pas ce rôle.",
        "The field “{field_en}” does not concern this role.",
        "Retirez-le.",
        "Leave it out.",
    ),
    "BDR-CTR-013": RuleText(
        "NOT_ALLOWED",
        "La structure « {identifier} » tient deux rôles qui ne vont pas ensemble.",
        "The structure “{identifier}” plays two roles that do not go together.",
        "N'en gardez qu'un : une entreprise est titulaire, cotraitante ou sous-traitante, et n'est "
        "ni maîtrise d'ouvrage ni service financier du même marché.",
        "Keep one of them: a company is holder, co-contractor or subcontractor, and neither "
        "contracting authority nor finance service of the same contract.",
    ),
    "BDR-CTR-014": RuleText(
        "NOT_ALLOWED",
        "Le rôle de « {identifier} » est donné deux fois.",
        "The role of “{identifier}” is given twice.",
        "Ne le gardez qu'une fois.",
        "Keep it once.",
    ),
    "BDR-CTR-015": RuleText(
        "INVALID_VALUE",
        "Le montant {amount} n'est pas un montant HT positif à deux décimales.",
        "The amount {amount} is not a positive net amount with two decimals.",
        "Indiquez un montant hors taxes, en euros et centimes.",
        "Give an amount net of VAT, in euros and cents.",
    ),
    "BDR-CTR-016": RuleText(
        "NOT_ALLOWED",
        "Le lot « {lot} » est donné deux fois.",
        "The lot “{lot}” is given twice.",
        "Donnez un numéro à chaque lot.",
        "Give each lot its number.",
    ),
    "BDR-CTR-017": RuleText(
        "AMOUNT_MISMATCH",
        "Le montant du marché, {amount}, n'est pas la somme de ses lots, {lots}.",
        "The amount of the contract, {amount}, is not the sum of its lots, {lots}.",
        "Corrigez l'un ou les autres.",
        "Correct one or the others.",
    ),
    "BDR-CTR-018": RuleText(
        "OUT_OF_RANGE",
        "Les montants payés directement, {ceilings} au plus, dépassent celui du marché, {amount}.",
        "What is paid directly, {ceilings} at most, exceeds the amount of the contract, {amount}.",
        "Réduisez les plafonds des sous-traitants, ou corrigez le montant.",
        "Lower the ceilings of the subcontractors, or correct the amount.",
    ),
    "BDR-CTR-019": RuleText(
        "LIMIT_REACHED",
        "Un marché a au plus {lots} lots et {parties} participants.",
        "A contract has at most {lots} lots and {parties} participants.",
        "Proposez un marché par lot.",
        "Propose one contract for each lot.",
    ),
    "BDR-CTR-020": RuleText(
        "NOT_FOUND",
        "Le marché n'a pas de lot « {lot} ».",
        "The contract has no lot “{lot}”.",
        "Choisissez parmi les numéros des lots donnés.",
        "Choose among the numbers of the lots given.",
    ),
    "BDR-CTR-021": RuleText(
        "FORBIDDEN",
        "Un marché est proposé par son titulaire (ou mandataire) ou par sa maîtrise d'ouvrage.",
        "A contract is proposed by its holder (or agent) or by its contracting authority.",
        "Demandez à l'un d'eux de le proposer, ou corrigez les rôles.",
        "Ask one of them to propose it, or correct the roles.",
    ),
    "BDR-CTR-022": RuleText(
        "WRONG_STATUS",
        "Aucun avenant n'attend.",
        "No amendment is waiting.",
        "Relisez le marché.",
        "Read the contract again.",
    ),
    "BDR-CTR-023": RuleText(
        "FUTURE_DATE",
        "La date d'acceptation du paiement direct, {date}, est à venir.",
        "The date on which direct payment was accepted, {date}, is still to come.",
        "Indiquez la date de l'acte spécial (DC4), au plus tard aujourd'hui.",
        "Give the date of the act of admission (DC4), today at the latest.",
    ),
    "BDR-CTR-024": RuleText(
        "NOT_ALLOWED",
        "Le service financier « {name} » n'est pas une structure publique.",
        "The finance service “{name}” is not a public structure.",
        "Indiquez la structure publique qui paie.",
        "Give the public structure that pays.",
    ),
    "BDR-CTR-025": RuleText(
        "NOT_ALLOWED",
        "L'avenant ne change rien aux termes du marché.",
        "The amendment changes nothing in the terms of the contract.",
        "Donnez les termes tels qu'ils seront.",
        "Give the terms as they will be.",
    ),
    "BDR-CTR-026": RuleText(
        "WRONG_STATUS",
        "Ce rôle n'attend plus de réponse : ses termes ont été remplacés, ou le marché a pris fin.",
        "This role can no longer be answered: its terms were replaced, or the contract has ended.",
        "Relisez le marché et répondez au rôle actuel.",
        "Read the contract again and answer about the present role.",
    ),
    "BDR-CTR-027": RuleText(
        "NOT_ALLOWED",
        "Un avenant se propose avec ses termes.",
        "An amendment is proposed with its terms.",
        "Utilisez `contractAmend`.",
        "Use `contractAmend`.",
    ),
    "BDR-CTR-028": RuleText(
        "FORBIDDEN",
        "L'action {action} n'appartient pas à vos structures dans ce marché.",
        "The action {action} does not belong to your structures in this contract.",
        "Voyez dans `availableActions` ce que vous pouvez faire.",
        "See in `availableActions` what you may do.",
    ),
    "BDR-CTR-029": RuleText(
        "NOT_ALLOWED",
        "Cette réponse ne porte pas de date.",
        "This answer bears no date.",
        "Retirez la date ; seul l'acte d'acceptation du paiement direct en a une.",
        "Leave the date out; only the acceptance of direct payment has one.",
    ),
    "BDR-CTR-030": RuleText(
        "WRONG_STATUS",
        "Aucun paiement direct n'est demandé pour ce rôle.",
        "No direct payment is asked for this role.",
        "Pour le demander, donnez un plafond (`ceiling`) à un sous-traitant dans les termes, par "
        "exemple par un avenant.",
        "To ask for it, give a subcontractor a ceiling (`ceiling`) in the terms, for example by "
        "an amendment.",
    ),
    # What is deposited on a contract
    "BDR-CTR-040": advice(
        "NOT_FOUND",
        "Aucun marché en vigueur n'est connu sous le numéro « {number} » chez ce destinataire "
        ": les rôles ne sont pas contrôlés.",
        "No contract in force is known under number “{number}” at this recipient: roles are "
        "not checked.",
        "Vérifiez le numéro, ou demandez au titulaire de déclarer le marché.",
        "Check the number, or ask the holder to declare the contract.",
        OURS,
    ),
    "BDR-CTR-041": RuleText(
        "WRONG_STATUS",
        "Le marché « {number} » est clos depuis le {date}.",
        "The contract “{number}” has been closed since {date}.",
        "Vérifiez le numéro, ou voyez avec la maîtrise d'ouvrage.",
        "Check the number, or ask the contracting authority.",
    ),
    "BDR-CTR-042": RuleText(
        "NOT_ALLOWED",
        "Vous n'êtes pas déclaré comme sous-traitant du marché « {number} ».",
        "You are not declared as a subcontractor of the contract “{number}”.",
        "Demandez à {holder} de vous déclarer par un avenant, ou corrigez le numéro.",
        "Ask {holder} to declare you by an amendment, or correct the number.",
    ),
    "BDR-CTR-043": RuleText(
        "NOT_ALLOWED",
        "Vous n'êtes pas déclaré comme cotraitant du marché « {number} ».",
        "You are not declared as a co-contractor of the contract “{number}”.",
        "Demandez à {holder} de vous déclarer par un avenant, ou corrigez le numéro.",
        "Ask {holder} to declare you by an amendment, or correct the number.",
    ),
    "BDR-CTR-044": RuleText(
        "WRONG_STATUS",
        "Vous n'avez pas accepté votre rôle dans le marché « {number} ».",
        "You have not accepted your role in the contract “{number}”.",
        "Acceptez-le (`contractRoleAnswer`), puis déposez.",
        "Accept it (`contractRoleAnswer`), then deposit.",
    ),
    "BDR-CTR-045": RuleText(
        "NOT_ALLOWED",
        "La maîtrise d'ouvrage n'a pas accepté votre paiement direct dans le marché « {number} ».",
        "The contracting authority has not accepted your direct payment in the contract "
        "“{number}”.",
        "Demandez l'acte spécial (DC4) ; sans lui, adressez votre facture au titulaire.",
        "Ask for the act of admission (DC4); without it, send your invoice to the holder.",
    ),
    "BDR-CTR-046": RuleText(
        "OUT_OF_RANGE",
        "Le montant HT, {given}, dépasse ce qui reste de vos prestations payées directement : "
        "{left} sur {ceiling}, dont {billed} déjà facturés.",
        "The net amount, {given}, exceeds what is left of your direct payment: {left} of "
        "{ceiling}, of which {billed} is billed already.",
        "Réduisez le montant, ou faites relever le plafond par un avenant.",
        "Lower the amount, or have the ceiling raised by an amendment.",
    ),
    "BDR-CTR-047": RuleText(
        "NOT_ALLOWED",
        "Le premier valideur n'est pas celui pour qui vous travaillez dans le marché « {number} ».",
        "The first validator is not the one that you work for in the contract “{number}”.",
        "Désignez {expected}, ou personne : le marché le dit. S'il se trompe, faites-le "
        "corriger par un avenant.",
        "Name {expected}, or nobody: the contract says it. If it is wrong, have it amended.",
    ),
    "BDR-CTR-048": RuleText(
        "NOT_ALLOWED",
        "Le valideur n'est pas le mandataire du groupement dans le marché « {number} ».",
        "The validator is not the agent of the group in the contract “{number}”.",
        "Désignez {expected}, ou personne : le marché le dit. S'il se trompe, faites-le "
        "corriger par un avenant.",
        "Name {expected}, or nobody: the contract says it. If it is wrong, have it amended.",
    ),
    "BDR-CTR-049": RuleText(
        "NOT_ALLOWED",
        "Après un cotraitant, le second valideur est le mandataire du groupement du marché « "
        "{number} ».",
        "After a co-contractor, the second validator is the agent of the group of the contract "
        "“{number}”.",
        "Désignez {expected}, ou personne : le marché le dit.",
        "Name {expected}, or nobody: the contract says it.",
    ),
    "BDR-CTR-050": RuleText(
        "NOT_ALLOWED",
        "Le titulaire du marché « {number} » valide seul les demandes de ses sous-traitants.",
        "The holder of the contract “{number}” alone validates the requests of its subcontractors.",
        "Retirez le second valideur.",
        "Remove the second validator.",
    ),
    "BDR-CTR-051": advice(
        "NOT_ALLOWED",
        "Vous ne tenez aucun rôle dans le marché « {number} » connu du destinataire.",
        "You play no role in the contract “{number}” known to the recipient.",
        "Vérifiez le numéro de marché.",
        "Check the contract number.",
        OURS,
    ),
    "BDR-CTR-052": advice(
        "NOT_ALLOWED",
        "Le marché « {number} » vous connaît dans un rôle dont les factures suivent le cadre "
        "{frame}.",
        "The contract “{number}” knows you in a role whose invoices follow frame {frame}.",
        "Choisissez le cadre {frame} s'il s'agit de ces prestations.",
        "Choose frame {frame} if this is about those services.",
        OURS,
    ),
    "BDR-CTR-053": RuleText(
        "NOT_ALLOWED",
        "Ce valideur est celui qui s'est déclaré mal désigné, par le même service.",
        "This validator is the one that said it was named by mistake, through the same service.",
        "Désignez une autre structure, ou un autre de ses services.",
        "Name another structure, or another of its services.",
    ),
}
