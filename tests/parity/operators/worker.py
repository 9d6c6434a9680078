"""The process that runs operators: see `workers`."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from .judge import judge


def main() -> None:
    """Answer one line of JSON for every line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer

    def send(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    for line in sys.stdin:
        ask = json.loads(line)
        verdict = judge(ask["name"], ask["modes"], ask["limit"], lambda mode: send({"at": mode}))
        send(verdict.as_dict())


if __name__ == "__main__":
    main()
