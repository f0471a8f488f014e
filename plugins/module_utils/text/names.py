# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules for names of environments and components."""

from __future__ import annotations

import re

OWNER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
"""They become part of other names: IAM roles (64 characters, unique in an account), paths, parameters, aliases."""
