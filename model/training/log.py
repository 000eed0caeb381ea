"""What a command did, as JSON lines in a file and as one short line each on the terminal."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


class Log:
    """Appends one JSON object a line: a run that is continued goes on in the same file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def write(self, event: str, **fields: Any) -> None:
        record = {"event": event, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **fields}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(event, " ".join(f"{key}={_short(value)}" for key, value in fields.items()), flush=True)


def read(path: Path) -> list[dict[str, Any]]:
    """Every whole record; the last line may have been cut when its writer was killed."""
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def stop(message: str) -> None:
    """Ends a command that cannot go on: one line that says what was expected, no traceback."""
    sys.exit(f"error: {message}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
