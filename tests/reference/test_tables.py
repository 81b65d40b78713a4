"""The product's own tables are complete, in both languages, and agree with each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter

import pytest

from domain.labels import ENUMS, LISTS, all_label_sets, label
from domain.reference.countries import COUNTRIES, EUROPEAN_UNION, FRENCH_WITH_SIRET, VAT_PREFIXES
from domain.reference.currencies import CURRENCIES, EURO
from domain.reference.deposits import TYPED_MODES, DepositMode
from domain.reference.frames import FRAMES, TYPED_FRAMES, VALIDATED_FRAMES, Frame
from domain.reference.identifier_types import IDENTIFIER_TYPES
from domain.reference.reasons import REASONS, Reason, may_give, needs_comment, reasons_for
from domain.reference.statuses import STATUSES, StatusFamily
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.units import UNITS
from domain.reference.vat import EXEMPTION_REASONS, FRENCH_RATES
from domain.rules_text import FIELDS, RULES, joined, problem
from domain.rules_text.invoices import INVOICES
from domain.rules_text.works import WORKS


@pytest.mark.parametrize("enum", list(ENUMS), ids=lambda enum: enum.__name__)
def test_every_code_has_a_french_and_an_english_label(enum: type[StrEnum]) -> None:
    for member in enum:
        french, english = label(member, "FR"), label(member, "EN")
        assert french.strip()
        assert english.strip()


@pytest.mark.parametrize("name", list(LISTS))
def test_every_open_list_is_labelled_in_both_languages(name: str) -> None:
    for code, words in LISTS[name].items():
        assert code.strip()
        assert words.fr.strip()
        assert words.en.strip()


def test_the_label_files_hold_the_same_codes_in_both_languages() -> None:
    french, english = all_label_sets("FR"), all_label_sets("EN")

    assert {name: list(codes) for name, codes in french.items()} == {
        name: list(codes) for name, codes in english.items()
    }
    assert french["InvoiceStatus"]["SUSPENDUE"] == "Suspendue"
    assert english["InvoiceStatus"]["SUSPENDUE"] == "Suspended"


def test_within_a_list_no_two_statuses_share_a_label() -> None:
    for locale in ("FR", "EN"):
        labels = list(all_label_sets(locale)["InvoiceStatus"].values())
        assert len(labels) == len(set(labels)) == 57


def test_the_sequence_of_the_supplier_kit_is_labelled_as_printed() -> None:
    printed = {
        S.DEPOSEE: "Déposée",
        S.EN_COURS_ACHEMINEMENT: "En cours d'acheminement vers le destinataire",
        S.MISE_A_DISPOSITION: "Mise à disposition du destinataire",
        S.COMPTABILISEE: "Comptabilisée",
        S.REJETEE: "Rejetée",
        S.MISE_EN_PAIEMENT: "Mise en paiement",
    }
    assert {status: label(status) for status in printed} == printed


def test_official_life_cycle_numbers_exist_for_fourteen_statuses_only() -> None:
    numbers = [row.cdv_code for row in STATUSES.values() if row.cdv_code]

    assert len(numbers) == len(set(numbers)) == 14


def test_the_reform_code_of_a_validation_depends_on_the_frame() -> None:
    codes = {
        (S.VALIDEE_1, "A9"): 205,
        (S.VALIDEE_1, "A12"): 214,
        (S.REFUSEE_1, "A9"): 206,
        (S.REFUSEE_1, "A12"): 210,
        (S.MISE_EN_PAIEMENT, "A1"): 211,
        (S.BROUILLON, "A1"): None,
    }
    assert {key: STATUSES[key[0]].reform_code_in(key[1]) for key in codes} == codes


def test_a_final_status_of_a_simple_invoice_ends_it() -> None:
    final = {s for s, r in STATUSES.items() if r.is_final and r.family is StatusFamily.SIMPLE}
    assert final == {S.REJETEE, S.MISE_EN_PAIEMENT, S.ABANDONNEE, S.SUPPRIMEE}


def test_there_are_twenty_five_frames_of_which_four_are_typed() -> None:
    assert len(FRAMES) == 25
    assert TYPED_FRAMES == (Frame.A1, Frame.A2, Frame.A9, Frame.A12)
    assert all(FRAMES[f].document_types == ("FACTURE", "AVOIR") for f in TYPED_FRAMES)
    assert {f for f in TYPED_FRAMES if FRAMES[f].validated_by} == set(VALIDATED_FRAMES)
    assert all(row.api_code.startswith(f"{frame}_") for frame, row in FRAMES.items())
    assert {t for row in FRAMES.values() for t in row.document_types} == set(LISTS["DocumentType"])


def test_only_typed_deposits_have_lines() -> None:
    assert TYPED_MODES == (DepositMode.SAISIE_PORTAIL, DepositMode.SAISIE_API)


def test_the_sixteen_reasons_of_the_supplier_kit_are_all_there() -> None:
    printed = [
        "SE_ERR",
        "EJ_ERR",
        "CREANCIER_ERR",
        "MARCHE_TERM",
        "ST_CT_NON_DECLAR",
        "SUPPR_COMP_AVOIR",
        "JUSTIF_ABS",
        "MONTANT_ERR",
        "TX_TVA_ERR",
        "RETRAIT_MAN_SERV",
        "TRANSF_PMNT_REGIE",
        "COORD_BANC_ERR",
        "LIVR_INCOMP",
        "FACT_NON_CONFORME",
        "DOUBLE_FACT",
        "CONTACT_ACHTR",
        "SUPPR_MASSE",
    ]
    assert set(printed) <= set(reasons_for(S.REJETEE))


def test_a_reason_accompanies_only_the_moves_it_explains() -> None:
    assert may_give("JUSTIF_ABS", S.SUSPENDUE)
    assert not may_give("MONTANT_ERR", S.SUSPENDUE)
    assert not may_give("NOT_A_REASON", S.REJETEE)
    assert reasons_for(S.A_RECYCLER) == (Reason.SE_ERR, Reason.EJ_ERR)
    assert reasons_for(S.REFUSEE_1) == (Reason.AUT_MOTIF_ERR_VALIDEUR,)
    # Shown where a works piece is refused, so that the answer explains why it never serves.
    shown = {status for status in S if may_give(Reason.WORKS_MONTANT_ERR, status)}
    assert shown == {S.REFUSEE_MOE, S.REFUSEE_MOA}


def test_only_a_wrong_service_or_commitment_offers_a_retransmission() -> None:
    offering = {reason for reason, row in REASONS.items() if row.offers_retransmission}

    assert offering == {Reason.SE_ERR, Reason.EJ_ERR}


def test_other_reasons_say_nothing_without_a_comment() -> None:
    assert needs_comment("AUTRE")
    assert needs_comment("AUT_MOTIF_ERR_VALIDEUR")
    assert not needs_comment("SE_ERR")


def test_code_lists_have_their_published_size() -> None:
    assert len(COUNTRIES) == 249
    assert len(EUROPEAN_UNION) == 27
    assert set(COUNTRIES) >= EUROPEAN_UNION
    assert set(COUNTRIES) >= FRENCH_WITH_SIRET
    assert set(COUNTRIES) >= set(VAT_PREFIXES.values())
    assert CURRENCIES[EURO].decimals == 2
    assert CURRENCIES["JPY"].decimals == 0
    assert len(EXEMPTION_REASONS) == 88
    assert len(FRENCH_RATES) == len(set(FRENCH_RATES)) == 15
    assert {"C62", "HUR", "DAY", "KGM", "MTR", "MTK", "LTR"} <= set(UNITS)


def test_the_seven_identifier_types_carry_their_flow_numbers() -> None:
    assert [row.flow_code for row in IDENTIFIER_TYPES.values()] == [1, 2, 3, 4, 5, 6, 7]
    assert IDENTIFIER_TYPES["EN_COURS_IMMATRICULATION"].api_code == "AUTRE"


def test_a_rule_that_is_in_two_sections_is_refused() -> None:
    again = {"BDR-INV-001": INVOICES["BDR-INV-001"]}

    with pytest.raises(ValueError, match=r"BDR-INV-001"):
        joined((INVOICES, WORKS, again))


@pytest.mark.parametrize("rule", list(RULES))
def test_every_rule_speaks_both_languages_about_the_same_facts(rule: str) -> None:
    row = RULES[rule]
    names = {
        text: {name for _, name, _, _ in Formatter().parse(text) if name}
        for text in (row.fr, row.en, row.remedy_fr, row.remedy_en)
    }
    facts = {n.replace("_fr", "").replace("_en", "") for n in names[row.fr]}

    assert all(names)
    assert facts == {n.replace("_fr", "").replace("_en", "") for n in names[row.en]}
    filled = problem(rule, ("x",), **dict.fromkeys(set().union(*names.values()), "…"))
    assert "{" not in filled.fr + filled.en
    assert row.code == row.code.upper()
    assert row.fr[-1] in ".?!:" or row.fr.endswith(("}", "»"))


def test_a_message_names_the_field_in_words_and_shows_hostile_values_harmlessly() -> None:
    found = problem(
        "BDR-INV-012", ("invoice", "lines", "3", "unitPrice"), value="\u202e1\x00", decimals=6
    )

    assert found.fr.startswith("« Prix unitaire HT » : \\u202e1\\u0000")
    assert found.params == {"value": "\\u202e1\\u0000", "decimals": "6"}
    assert len(problem("BDR-INV-002", number="9" * 10_000).en) < 500
    assert FIELDS["totalNet"] == ("Total HT", "Net total")


def test_a_message_writes_days_and_amounts_as_its_readers_do() -> None:
    found = problem("BDR-CTR-023", ("on",), date=date(2026, 11, 5))

    assert "05/11/2026" in found.fr
    assert "2026-11-05" in found.en
    assert found.params == {"date": "2026-11-05"}
    assert "1000" in problem("BDR-CTR-015", ("amount",), amount=Decimal("1e3")).fr
