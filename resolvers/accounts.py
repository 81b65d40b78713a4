"""The caller about itself."""

from __future__ import annotations

import strawberry

from resolvers.fields import query
from schema.accounts import Viewer
from schema.context import Info


@strawberry.type
class AccountQuery:
    @query(description="Appelant. Who you are and what you may do; answers without a token too.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer(actor=info.context.actor)
