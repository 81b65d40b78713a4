"""What crosses processes needs services: `make test` gives them in its second suite."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("BROKER_URL") else ["test_lines.py"]
