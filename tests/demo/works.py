"""Plays works billing files against a running server: every circuit, as each actor.

`BASE_URL` says where the server is. Five companies sign up as newcomers do; the contracting
authority is the demonstration's. The clock of the sandbox is moved ahead on the way.
"""

from __future__ import annotations

import sys
from typing import Any

import httpx2

from tests.demo.outside import PATIENCE
from tests.demo.scenes import (
    closing,
    final,
    monthly,
    opening,
    setbacks,
    subcontracting,
    tacit,
)
from tests.demo.scenes.billing import Works
from tests.demo.stage import Script, against_a_server

SCENES = (opening, monthly, setbacks, subcontracting, final, tacit, closing)
SCRIPT: Script[Works] = Script("works file", *(scene.SCENE for scene in SCENES))


async def perform(base: str, credentials: dict[str, Any]) -> bool:
    """Play every step; whether all went well."""
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        play = Works(base, credentials, http)
        try:
            well = await SCRIPT.perform(play)
        finally:
            for follower in play.followers:
                follower.cancel()
            await play.receiver.stop()
        return SCRIPT.close(well)


if __name__ == "__main__":
    sys.exit(against_a_server(perform))
