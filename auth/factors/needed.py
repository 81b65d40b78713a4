"""Whether a log-in is short of its second proof: asked when it opens, and each time it is used."""

from __future__ import annotations

from auth.config import AuthSettings
from auth.factors.methods import is_strong
from auth.factors.models import Factor


async def lacks_second(settings: AuthSettings, account_id: str, methods: str) -> bool:
    """Whether these methods are not enough: the account has factors, or the site asks for one."""
    if is_strong(methods):
        return False
    return settings.requires_second_factor or await has_factors(account_id)


async def has_factors(account_id: str) -> bool:
    """Whether something beside the first proof is needed to log in."""
    return await Factor.exists(account_id=account_id)
