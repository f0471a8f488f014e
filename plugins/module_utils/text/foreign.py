# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Untrusted text, such as tags: how messages display it, and whether a suggested command may contain it.

A command is pasted into a shell, and Ansible evaluates templates in its values. A line that a CI system prints may be a command to that
system, if it begins with ``::`` or contains ``##[``.
"""

from __future__ import annotations

import json
import re

PLAIN = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9_./@+=,%-]|:(?!:))*")
"""Names, IDs, ARNs, and addresses: no characters that are special to a shell, YAML, an Ansible template, or a CI system."""


def is_plain(text: str) -> bool:
    return bool(PLAIN.fullmatch(text))


def quoted(text: str) -> str:
    """The text if it is plain. Otherwise, it is quoted and escaped, so that it neither begins nor breaks a line."""
    return text if is_plain(text) else json.dumps(text).replace("##", "#\\u0023")
