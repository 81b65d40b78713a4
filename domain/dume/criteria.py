"""The table of criteria: what the rules check, the documents write and front ends draw."""

from __future__ import annotations

from collections.abc import Mapping

from domain.dume.exclusion import EXCLUSION
from domain.dume.operator import OPERATOR, REDUCTION
from domain.dume.selection import SELECTION
from domain.dume.taxonomy import Criterion

CRITERIA: Mapping[str, Criterion] = {
    row.code: row for row in (*OPERATOR, *EXCLUSION, *SELECTION, *REDUCTION)
}
