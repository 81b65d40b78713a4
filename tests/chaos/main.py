"""Kills the product at work, again and again, and proves that nothing is lost or reordered.

python -m tests.chaos.main [--form embedded|scaled|both] [--seconds N] [--kills N] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Sequence

from tests.chaos.run import Plan, Verdict, run
from tests.chaos.sites import FORMS, Unavailable

# Beyond the load: preparing, starting, getting quiet, judging.
BEYOND_SECONDS = 600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked; 1 when anything was violated or could not be run."""
    asked = _parser().parse_args(arguments)
    try:
        return asyncio.run(_chaos(asked))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("interrupted; everything that was started is stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.chaos.main", description=__doc__.splitlines()[0])
    parser.add_argument("--form", choices=[*FORMS, "both"], default="both")
    parser.add_argument("--seconds", type=float, default=60.0, help="load on each form (60)")
    parser.add_argument("--kills", type=int, default=12, help="harms done to each form (12)")
    parser.add_argument("--seed", type=int, default=None, help="of every draw; new when not given")
    return parser


async def _chaos(asked: argparse.Namespace) -> int:
    task = asyncio.current_task()
    assert task is not None
    # Also where it was started in the background, with interrupts ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    seed = asked.seed if asked.seed is not None else secrets.randbelow(1_000_000)
    print(f"chaos: seed {seed} (again with --seed {seed})", flush=True)
    forms = FORMS if asked.form == "both" else (asked.form,)
    verdicts = [await _form(Plan(form, seed, asked.seconds, asked.kills)) for form in forms]
    print()
    for verdict in verdicts:
        print(verdict.line() if verdict else "chaos: A FORM WAS NOT RUN, see above")
    return 0 if all(verdict is not None and verdict.is_clean for verdict in verdicts) else 1


async def _form(plan: Plan) -> Verdict | None:
    try:
        async with asyncio.timeout(plan.seconds + BEYOND_SECONDS):
            return await run(plan, lambda words: print(words, flush=True))
    except Unavailable as missing:
        print(f"chaos {plan.form}: SKIPPED, {missing}", file=sys.stderr)
    except TimeoutError:
        print(f"chaos {plan.form}: NOT OVER IN TIME", file=sys.stderr)
    return None


if __name__ == "__main__":
    sys.exit(main())
