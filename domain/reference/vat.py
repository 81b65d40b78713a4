"""Value added tax: when it is due, at which rates, and why an invoice carries none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from domain.reference.words import Words


class VatType(StrEnum):
    """When the VAT of an invoice is due, or why it carries none. Published codes."""

    TVA_SUR_DEBIT = "TVA_SUR_DEBIT"
    TVA_SUR_ENCAISSEMENT = "TVA_SUR_ENCAISSEMENT"
    EXONERATION = "EXONERATION"
    SANS_TVA = "SANS_TVA"


VAT_TYPES: Mapping[VatType, Words] = {
    VatType.TVA_SUR_DEBIT: Words("TVA sur les débits", "VAT due on the invoice"),
    VatType.TVA_SUR_ENCAISSEMENT: Words("TVA sur les encaissements", "VAT due on the payment"),
    VatType.EXONERATION: Words("Exonération", "Exempt from VAT"),
    VatType.SANS_TVA: Words("Sans TVA", "Without VAT"),
}

# EN 16931, BT-8 as UNTDID 2005 (UBL); the types without VAT have none.
VAT_DUE_CODES: Mapping[VatType, str] = {
    VatType.TVA_SUR_DEBIT: "3",
    VatType.TVA_SUR_ENCAISSEMENT: "432",
}

# Rates in force or once in force in some part of France (XP Z12-012, BR-FR-16), most used first.
# fmt: off
FRENCH_RATES: tuple[Decimal, ...] = tuple(map(Decimal, (
    "20", "10", "5.5", "2.1", "0", "8.5", "1.05", "1.75", "0.9",
    "13", "7", "9.2", "9.6", "19.6", "20.6",
)))
# fmt: on

_DIRECTIVE_FR = "de la directive 2006/112/CE"
_DIRECTIVE_EN = "of directive 2006/112/EC"

# Articles of the directive that the VATEX list knows, with their points.
_ARTICLES: Mapping[str, tuple[str, ...]] = {
    "79": ("C",),
    "132": ("", *(f"1{letter}" for letter in "ABCDEFGHIJKLMNOPQ")),
    "135": ("1",),
    "143": ("", "1A", "1B", "1C", "1D", "1E", "1F", "1FA", "1G", "1H", "1I", "1J", "1K", "1L"),
    "144": ("",),
    "146": ("1E",),
    "148": ("", "A", "B", "C", "D", "E", "F", "G"),
    "151": ("", "1A", "1AA", "1B", "1C", "1D", "1E"),
    "153": ("",),
    "159": ("",),
    "309": ("",),
}


def _of_directive(article: str, point: str) -> tuple[str, Words]:
    code = f"VATEX-EU-{article}" + (f"-{point}" if point else "")
    section, letters = (point[:1], point[1:]) if point[:1].isdigit() else ("", point)
    fr = ", ".join(
        part
        for part in (
            f"Article {article}",
            section and f"paragraphe {section}",
            letters and f"point {letters.lower()})",
        )
        if part
    )
    en = ", ".join(
        part
        for part in (
            f"Article {article}",
            section and f"paragraph {section}",
            letters and f"point ({letters.lower()})",
        )
        if part
    )
    return code, Words(f"{fr} {_DIRECTIVE_FR}", f"{en} {_DIRECTIVE_EN}")


# Why an invoice is exempt: the VATEX code list of EN 16931, French codes first. Most French codes
# name an article of the general tax code (CGI).
EXEMPTION_REASONS: Mapping[str, Words] = {
    "VATEX-FR-FRANCHISE": Words(
        "Franchise en base de TVA (CGI, article 293 B)",
        "French small business exemption (CGI, article 293 B)",
    ),
    "VATEX-FR-CNWVAT": Words(
        "Avoir net de taxe (renonciation à la rectification de la TVA)",
        "Credit note without VAT (no correction of the VAT)",
    ),
    "VATEX-FR-AE": Words(
        "Autoliquidation nationale (CGI, article 283-2)",
        "Domestic reverse charge (CGI, article 283-2)",
    ),
    "VATEX-FR-CGI261-1": Words(
        "Opérations soumises à d'autres taxes (CGI, article 261, 1)",
        "Operations subject to other taxes (CGI, article 261, 1)",
    ),
    "VATEX-FR-CGI261-2": Words(
        "Agriculture et pêche (CGI, article 261, 2)",
        "Agriculture and fishing (CGI, article 261, 2)",
    ),
    "VATEX-FR-CGI261-3": Words(
        "Ventes de biens d'occasion (CGI, article 261, 3)",
        "Sales of used goods (CGI, article 261, 3)",
    ),
    "VATEX-FR-CGI261-4": Words(
        "Professions libérales et activités diverses, dont la santé et l'enseignement "
        "(CGI, article 261, 4)",
        "Professions and other activities, health and education among them (CGI, article 261, 4)",
    ),
    "VATEX-FR-CGI261-5": Words(
        "Opérations immobilières (CGI, article 261, 5)",
        "Real estate operations (CGI, article 261, 5)",
    ),
    "VATEX-FR-CGI261-7": Words(
        "Organismes d'utilité générale sans but lucratif (CGI, article 261, 7)",
        "Non-profit bodies (CGI, article 261, 7)",
    ),
    "VATEX-FR-CGI261-8": Words(
        "Livraisons liées à une catastrophe dans l'Union (CGI, article 261, 8)",
        "Supplies after a disaster in the Union (CGI, article 261, 8)",
    ),
    "VATEX-FR-CGI261A": Words(
        "Jouissance gratuite de biens par les membres (CGI, article 261 A)",
        "Free use of goods by the members of a body (CGI, article 261 A)",
    ),
    "VATEX-FR-CGI261B": Words(
        "Services d'un groupement à ses membres (CGI, article 261 B)",
        "Services of a grouping to its members (CGI, article 261 B)",
    ),
    "VATEX-FR-CGI261C-1": Words(
        "Opérations bancaires et financières (CGI, article 261 C, 1°)",
        "Banking and financial operations (CGI, article 261 C, 1°)",
    ),
    "VATEX-FR-CGI261C-2": Words(
        "Assurance et réassurance (CGI, article 261 C, 2°)",
        "Insurance and reinsurance (CGI, article 261 C, 2°)",
    ),
    "VATEX-FR-CGI261C-3": Words(
        "Timbres à leur valeur officielle (CGI, article 261 C, 3°)",
        "Stamps at their official value (CGI, article 261 C, 3°)",
    ),
    "VATEX-FR-CGI261D-1": Words(
        "Location de terres et bâtiments agricoles (CGI, article 261 D, 1°)",
        "Letting of farm land and buildings (CGI, article 261 D, 1°)",
    ),
    "VATEX-FR-CGI261D-1BIS": Words(
        "Location résultant d'un bail conférant un droit réel (CGI, article 261 D, 1° bis)",
        "Letting under a lease that gives a right in rem (CGI, article 261 D, 1° bis)",
    ),
    "VATEX-FR-CGI261D-2": Words(
        "Location de terrains non aménagés et de locaux nus (CGI, article 261 D, 2°)",
        "Letting of bare land and premises (CGI, article 261 D, 2°)",
    ),
    "VATEX-FR-CGI261D-3": Words(
        "Droits sur des biens loués, gestion de patrimoine (CGI, article 261 D, 3°)",
        "Rights on let property, asset management (CGI, article 261 D, 3°)",
    ),
    "VATEX-FR-CGI261D-4": Words(
        "Location de logements (CGI, article 261 D, 4°)",
        "Letting of dwellings (CGI, article 261 D, 4°)",
    ),
    "VATEX-FR-CGI261E-1": Words(
        "Jeux de hasard soumis au prélèvement (CGI, article 261 E, 1°)",
        "Games of chance subject to the levy (CGI, article 261 E, 1°)",
    ),
    "VATEX-FR-CGI261E-2": Words(
        "Loterie, paris et jeux en ligne (CGI, article 261 E, 2°)",
        "Lottery, betting and online games (CGI, article 261 E, 2°)",
    ),
    "VATEX-FR-CGI275": Words(
        "Achats en franchise pour l'exportation (CGI, article 275)",
        "Purchases free of VAT for export (CGI, article 275)",
    ),
    "VATEX-FR-CGI277A": Words(
        "Régime suspensif (CGI, article 277 A)", "Suspension of VAT (CGI, article 277 A)"
    ),
    "VATEX-FR-CGI295": Words(
        "Départements d'outre-mer (CGI, article 295)", "Overseas departments (CGI, article 295)"
    ),
    "VATEX-FR-298SEXDECIESA": Words(
        "Or d'investissement (CGI, article 298 sexdecies A)",
        "Investment gold (CGI, article 298 sexdecies A)",
    ),
    "VATEX-EU-AE": Words("Autoliquidation", "Reverse charge"),
    "VATEX-EU-IC": Words("Livraison intracommunautaire", "Intra-community supply"),
    "VATEX-EU-G": Words("Exportation hors de l'Union", "Export outside the Union"),
    "VATEX-EU-O": Words("Hors du champ de la TVA", "Not subject to VAT"),
    "VATEX-EU-D": Words("Agences de voyages, régime de la marge", "Travel agents, margin scheme"),
    "VATEX-EU-F": Words("Biens d'occasion, régime de la marge", "Second-hand goods, margin scheme"),
    "VATEX-EU-I": Words("Œuvres d'art, régime de la marge", "Works of art, margin scheme"),
    "VATEX-EU-J": Words(
        "Objets de collection et antiquités, régime de la marge",
        "Collectors' items and antiques, margin scheme",
    ),
    **dict(_of_directive(article, p) for article, points in _ARTICLES.items() for p in points),
}
