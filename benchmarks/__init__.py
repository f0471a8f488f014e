"""Measures this collection against Terraform on the rehearsal cloud. See README.md."""

from __future__ import annotations

import sys

from scripts.terminal import ROOT

sys.path.insert(0, str(ROOT / "collections"))
