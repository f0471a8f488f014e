"""Looks at what a scenario has made, without this project's modules: python look.py SCENARIO running|removed [REGION].

Runs the function of that name in the scenario's look.py, which gets a session of boto3 if a region is given.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import boto3
from expectations import Wrong


def main() -> int:
    scenario, what, *regions = sys.argv[1:]
    looks = runpy.run_path(str(Path(__file__).parent / scenario / "look.py"))
    try:
        looks[what](*(boto3.Session(region_name=region) for region in regions))
    except (Wrong, *looks.get("FAILURES", ())) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
