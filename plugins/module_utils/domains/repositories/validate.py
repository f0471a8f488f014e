# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything about repositories that can be rejected before the first call. Pure functions."""

from __future__ import annotations

from typing import Any

from ...inputs.problems import Problems
from .settings.repositories import Repository, read_repositories


def validate(repositories: Any, path: str, environment: str, component: str) -> tuple[dict[str, Repository], list[str]]:
    """(the repositories, every problem with them)."""
    problems = Problems()
    return read_repositories(repositories, path, environment, component, problems), problems.messages
