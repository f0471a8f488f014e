# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: chart_files
version_added: 0.1.0
short_description: Read a Helm chart on the controller
description:
  - Reads the files of a chart, for O(mainstay.aws.k8s_objects#module:releases) of M(mainstay.aws.k8s_objects). This way, a chart that
    exists only on the controller can be installed from a host that reaches the cluster, and planned in check mode, where nothing is copied.
  - Only text files are read. Charts without packaged subcharts consist of nothing else.
positional: _input
options:
  _input:
    description: Directory of the chart.
    type: path
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.k8s_objects
"""

EXAMPLES = r"""
- name: Install a chart of the playbook from a host inside the VPC
  mainstay.aws.k8s_objects:
    environment: prod
    component: shop
    cluster: prod-main
    releases:
      shop:
        namespace: shop
        chart_files: "{{ (playbook_dir ~ '/charts/shop') | mainstay.aws.chart_files }}"
  delegate_to: bastion
"""

RETURN = r"""
_value:
  description: The text of each file, by its path in the chart.
  type: dict
  sample: {Chart.yaml: "name: shop", templates/deployment.yaml: "..."}
"""


def chart_files(folder: Any) -> dict[str, str]:
    """The files of a chart by path. What begins with a dot is left out, as Helm does."""
    root = Path(str(folder)).expanduser()
    if not (root / "Chart.yaml").is_file():
        raise AnsibleFilterError(f"chart_files: {root} has no Chart.yaml, so it is not a Helm chart")
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            try:
                found[name.as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise AnsibleFilterError(f"chart_files: {path} is not text; install charts with such files from a repository") from error
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"chart_files": chart_files}
