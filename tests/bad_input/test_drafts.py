"""A content or a saved draft: whatever the document, one of them is given, and not both."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api
from tests.bad_input.asking import a_key, everything_stored

# The mutations of each document that has drafts: their name, and that of the content.
KINDS = {
    "invoice": ("invoice", {}),
    "worksPiece": ("piece", {"frame": "A4"}),
    "memo": ("memo", {}),
    "refund": ("refund", {}),
}


@pytest.mark.parametrize("verb", ["Validate", "Submit"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_content_or_a_draft_is_given_and_not_both(api: Api, kind: str, verb: str) -> None:
    name, content = KINDS[kind]
    type_ = f"{kind[0].upper()}{kind[1:]}{verb}Input"
    asked = (
        f"mutation($input: {type_}!) {{ {kind}{verb}(input: $input)"
        " { userErrors { code rule path } } }"
    )
    key: dict[str, Any] = {"idempotencyKey": a_key()} if verb == "Submit" else {}
    before = await everything_stored()

    neither = await api("supplier")(asked, input=key)
    both = await api("supplier")(asked, input={**key, name: content, "draft": "unknown"})

    assert neither.user_errors == [("REQUIRED", [name])]
    assert both.user_errors == [("NOT_ALLOWED", ["draft"])]
    assert await everything_stored() == before
