"""What a CloudFront function does to a path, as its first line declares it.

There is no JavaScript engine in the rehearsal. A function that the role `s3_cdn` generates begins with a comment that states what it does
in JSON, and that statement is carried out here. Whether the code does the same is tested where it is generated.
"""

from __future__ import annotations

import json
import re

DECLARED = re.compile(r"\A// mainstay\.aws: (?P<document>\{.*\})\s*$", re.MULTILINE)


class CannotRun(Exception):
    """A function that declares nothing, or something unknown."""


def run(code: bytes, path: str) -> str:
    """The path after the function: `{"fallback": "/index.html"}` replaces every path whose last part has no dot."""
    declared = DECLARED.match(code.decode("utf-8", "replace"))
    if declared is None:
        raise CannotRun("The rehearsal has no JavaScript engine: it runs only functions that the role s3_cdn has generated.")
    document = json.loads(declared["document"])
    if set(document) != {"fallback"}:
        raise CannotRun(f"The rehearsal does not know what {sorted(document)} means.")
    return path if "." in path.rpartition("/")[2] else str(document["fallback"])
