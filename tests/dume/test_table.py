"""The table of criteria: complete, and such that rules, documents and front ends can rely on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.dume.criteria import CRITERIA
from domain.dume.operator import LOTS
from domain.dume.taxonomy import Criterion, DumeAnswerType, DumePart, Group, When

EVERY = [*CRITERIA.values(), LOTS]
each = pytest.mark.parametrize("criterion", EVERY, ids=lambda c: c.code)


def groups(roots: tuple[Group, ...]) -> Iterator[tuple[Group, tuple[Group, ...]]]:
    """Every group with those around it."""
    pending: list[tuple[Group, tuple[Group, ...]]] = [(group, ()) for group in roots]
    while pending:
        group, around = pending.pop()
        yield group, around
        pending += [(below, (*around, group)) for below in group.groups]


def test_the_form_has_the_twenty_four_exclusion_grounds_and_every_one_must_be_answered() -> None:
    grounds = [c for c in CRITERIA.values() if c.part is DumePart.EXCLUSION]

    assert len(grounds) == 24
    assert all(c.is_required and c.code.startswith("CRITERION.EXCLUSION.") for c in grounds)


def test_codes_and_identifiers_name_one_criterion() -> None:
    assert [n for n, times in Counter(c.code for c in EVERY).items() if times > 1] == []
    assert [n for n, times in Counter(c.id for c in EVERY).items() if times > 1] == []


@each
def test_a_criterion_is_worded_in_both_languages(criterion: Criterion) -> None:
    labels = [line.label for group, _ in groups(criterion.groups) for line in group.lines]

    for words in (criterion.section, criterion.name, criterion.wording, *labels):
        assert all(words), words
    assert re.match(r"\d+", criterion.article)


@each
def test_identifiers_of_criteria_and_groups_are_uuids(criterion: Criterion) -> None:
    ids = [criterion.id, *(group.id for group, _ in groups(criterion.groups))]

    assert [str(UUID(one)) for one in ids] == ids


@each
def test_a_question_is_found_by_its_key(criterion: Criterion) -> None:
    keys = [q.key for group, _ in groups(criterion.groups) for q in group.questions]

    assert sorted(keys) == sorted(criterion.asked)
    assert all(re.fullmatch(r"[a-z][A-Za-z]*", key) for key in keys)


@each
def test_a_group_has_a_line_and_a_repeatable_one_is_in_no_other(criterion: Criterion) -> None:
    for group, around in groups(criterion.groups):
        assert group.lines, group.id
        assert group.most == 1 or all(outer.most == 1 for outer in around), group.id
        assert group.when is When.ALWAYS or around, group.id


@each
def test_what_a_question_depends_on_comes_before_it_and_is_yes_or_no(criterion: Criterion) -> None:
    seen: set[str] = set()
    for key, asked in criterion.asked.items():
        for governing, _ in asked.depends_on:
            assert governing in seen
            assert criterion.asked[governing].question.type is DumeAnswerType.INDICATOR
        seen.add(key)
