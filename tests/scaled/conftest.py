"""The scaled form needs PostgreSQL and brokers: `make test` gives them in its second suite."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("BROKER_URL") else ["test_*.py"]
