"""The contract that every kind of every domain must satisfy."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.contract.life")
