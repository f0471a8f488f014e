# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options by which a module is given its cluster: the name of an EKS cluster, or a kubeconfig."""

from __future__ import annotations

from typing import Any

CONNECTION: dict[str, Any] = {"cluster": {"type": "str"}, "kubeconfig": {"type": "path"}, "context": {"type": "str"}}
MUTUALLY_EXCLUSIVE = [("cluster", "kubeconfig"), ("cluster", "context")]
REQUIRED_ONE_OF = [("cluster", "kubeconfig", "context")]
