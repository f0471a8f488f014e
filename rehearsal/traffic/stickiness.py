"""The cookies by which an application load balancer sends a client to the same target group and the same target again.

AWS encrypts their values; here they are only encoded. Each cookie has a twin for cross-origin requests, as on AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from email.utils import formatdate

TARGET, GROUP = "AWSALB", "AWSALBTG"
DAY = 86400


def cookies(name: str, value: Mapping[str, str], seconds: float, now: float) -> list[tuple[str, str]]:
    """The Set-Cookie headers. `now` is the time of day in seconds since 1970."""
    text = base64.urlsafe_b64encode(json.dumps([dict(value), now + seconds]).encode()).decode()
    expires = formatdate(now + seconds, usegmt=True)
    return [
        ("Set-Cookie", f"{name}={text}; Expires={expires}; Path=/"),
        ("Set-Cookie", f"{name}CORS={text}; Expires={expires}; Path=/; SameSite=None; Secure"),
    ]


def read(sent: Mapping[str, str], name: str, now: float) -> dict[str, str]:
    """What a client's cookie says; {} if there is none, it has expired, or it is not ours."""
    text = sent.get(name) or sent.get(f"{name}CORS")
    if not text:
        return {}
    try:
        value, until = json.loads(base64.urlsafe_b64decode(text.encode()))
        return {str(key): str(each) for key, each in value.items()} if float(until) > now else {}
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return {}
