# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the eks role writes a kubeconfig: it does not change the mode of any directory that it did not create."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = {"name": "prod-main", "endpoint": "https://example.eu-west-1.eks.amazonaws.com", "certificate_authority": "Q0E=", "arn": "arn"}


def write(folder: Path, *paths: Path) -> None:
    tasks = ROOT / "roles" / "eks" / "tasks" / "kubeconfig.yml"
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {
                "eks_kubeconfig": str(path),
                "eks_outputs": {"clusters": {"main": CLUSTER}},
                "eks_token_command": "mainstay",
                "platform_region": "eu-west-1",
            },
            "tasks": [{"name": "Write", "ansible.builtin.include_tasks": str(tasks)}],
        }
        for path in paths
    ]
    (folder / "ansible.cfg").touch()
    (folder / "playbook.yml").write_text(json.dumps(plays))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    program, playbook = Path(sys.executable).parent / "ansible-playbook", str(folder / "playbook.yml")
    command = [str(program), "-i", "localhost,", "-c", "local", playbook, "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_a_directory_that_the_role_creates_is_closed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    write(tmp_path, shared / "config", tmp_path / "new" / "deep" / "config")
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "new" / "deep").stat().st_mode & 0o7777 == 0o700
    for path in (shared / "config", tmp_path / "new" / "deep" / "config"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert "https://example.eu-west-1.eks.amazonaws.com" in path.read_text()
