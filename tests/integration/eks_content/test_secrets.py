# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets in every plausible place must not appear in anything that runs print or write: at -vvvv --diff, in plans, and on failure."""

from __future__ import annotations

import base64
import copy
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.runs import run_playbook

from .support import CLUSTER, REGION, InsideCluster
from .test_releases import SMALL

BIN = Path(sys.executable).parent
PASSWORD = "password of the vault"
VAULTED = {"whole": "canary-vault-whole", "inline": "canary-vault-inline/+&", "older": "canary-vault-older"}

VALUES: dict[str, Any] = {
    "env": [{"name": "DB_PASSWORD", "value": "canary-N"}, {"name": "SMTP_PWD", "value": "canary-N"}],
    "passwords": {"admin": "canary-N", "list": [{"of": "canary-N"}]},
    "secret": {"user": "canary-N"},
    "stringData": {"a": "canary-N"},
    "credentials": [{"id": "canary-N"}],
    "oauth": {"clientSecret": "canary-N", "clientSecrets": {"a": "canary-N"}},
    "sshKey": "canary-N",
    "pw": "canary-N",
    "REDIS_AUTH": "canary-N",
    "url": "postgres://user:canary-N@host/db",
    "extraArgs": ["--password", "canary-N", "--token=canary-N"],
    "config": "db:\n  passwd: canary-N\n",
    "license": {"text": "canary-N"},
}
"""Helm values, in each of which the letter N becomes a number."""


def canaries(inside: InsideCluster) -> dict[str, Any]:
    """The options for objects and a release that are full of secrets. Those of the vault are templates."""
    web = {"namespace": inside.namespace, "name": "web"}
    vaulted = "{{ whole }} and postgres://u:{{ inline }}@db"
    container = {
        "name": "app",
        "image": "app:1",
        "args": ["--db-password", "canary-N", "--setting={{ inline }}"],
        "env": [{"name": name, "value": "canary-N"} for name in ("SMTP_PWD", "REDIS_AUTH", "API_TOKEN", "sshKey")],
    }
    container["env"].append({"name": "SETTING", "value": vaulted})  # type: ignore[attr-defined]
    labels = {"matchLabels": {"app": "web"}}
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    texts = {"license": "canary-N", "clientSecret": "canary-N", "plain": vaulted, "coded": "{{ ('u:' ~ inline) | b64encode }}"}
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inside.namespace}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": web, "stringData": {"a": "canary-N", "b": "{{ whole }}"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": web, "data": {**texts, "quoted": "{{ inline | urlencode }}"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": web, "spec": {"replicas": 1, "selector": labels, "template": pod}},
    ]
    values = {**copy.deepcopy(VALUES), "plain": vaulted, "nested": {"list": [{"a": "{{ inline }}"}]}}
    release = {"namespace": inside.namespace, "chart_files": "{{ chart }}", "values": values}
    return {"objects": objects, "releases": {f"small-{inside.number}": release}, "sensitive": ["data.license", "license"]}


def numbered(value: Any, number: int) -> Any:
    text = json.dumps(value)
    for place in range(text.count("canary-N")):
        text = text.replace("canary-N", f"canary-{number}x{place}x", 1)
    return json.loads(text)


def forms(text: str) -> Iterator[str]:
    yield text
    yield quote(text, safe="")
    yield base64.b64encode(text.encode()).decode().rstrip("=")[:-1]
    yield base64.b64encode(b"u:" + text.encode()).decode().rstrip("=")[3:-1]


class Canaries:
    """A playbook with a vault, and everything that it prints and writes."""

    def __init__(self, inside: InsideCluster) -> None:
        self.inside = inside
        self.folder = inside.folder / "project"
        (self.folder / "group_vars" / "all").mkdir(parents=True)
        self.temporary = Path(tempfile.mkdtemp(prefix="c"))  # short, because Ansible creates a socket there
        (inside.folder / "password").write_text(PASSWORD)
        self.found = ""
        self.set_vault(VAULTED["whole"], VAULTED["inline"])

    def set_vault(self, whole: str, inline: str) -> None:
        variables = self.folder / "group_vars" / "all"
        (variables / "vault.yml").write_text(json.dumps({"whole": whole, "number": 12345678}))
        self._vault("encrypt", str(variables / "vault.yml"))
        (variables / "inline.yml").write_text(self._vault("encrypt_string", "--name", "inline", inline))

    def _vault(self, *arguments: str) -> str:
        command = [str(BIN / "ansible-vault"), *arguments, "--vault-password-file", str(self.inside.folder / "password")]
        environment = {"HOME": str(self.inside.folder), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def play(self, task: Mapping[str, Any], role: str, *options: str, **environment: str) -> str:
        play = {"hosts": "localhost", "gather_facts": False, "vars": {"chart": SMALL}, "tasks": [{"name": "Content", **task}]}
        (self.folder / "chart.json").write_text(json.dumps(SMALL))
        text = json.dumps([{**play, "vars": {"chart": "{{ lookup('ansible.builtin.file', 'chart.json') | from_json }}"}}])
        (self.folder / "play.json").write_text(text)
        variables = {
            **self.inside.environment(role),
            "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.folder / "plan.json"),
            "MAINSTAY_PLAN_SUMMARY_MARKDOWN_PATH": str(self.folder / "plan.md"),
            "TMPDIR": str(self.temporary),
            **environment,
        }
        command = ["-i", "localhost,", "-c", "local", "play.json", "-vvvv", "--diff", *options]
        command += ["--vault-password-file", str(self.inside.folder / "password"), "-e", f"ansible_python_interpreter={sys.executable}"]
        done = run_playbook(command, variables, self.folder, timeout=300)
        assert (self.folder / "plan.json").is_file(), done.stdout + done.stderr
        self.found += done.stdout + done.stderr + self._files()
        return done.stdout + done.stderr

    def _files(self) -> str:
        places = [*self.folder.rglob("*"), *self.temporary.rglob("*")]
        kept = [path for path in places if path.is_file() and "group_vars" not in path.parts and path.name != "play.json"]
        return "".join(f"\n{path}\n{path.read_text(errors='replace')}" for path in kept)

    def check(self) -> None:
        """None of it was printed or written."""
        leaks = [form for secret in VAULTED.values() for form in forms(secret) if form in self.found]
        assert leaks == []
        lines = [line for line in self.found.splitlines() if "canary" in line or base64.b64encode(b"canary").decode()[:-1] in line]
        assert lines == []


@pytest.fixture
def project(inside: InsideCluster) -> Iterator[Canaries]:
    found = Canaries(inside)
    yield found
    shutil.rmtree(found.temporary)


def task(inside: InsideCluster, number: int, **more: Any) -> dict[str, Any]:
    return {"mainstay.aws.k8s_objects": {**inside.options(**numbered(canaries(inside), number)), **more}}


def test_secrets_appear_nowhere(inside: InsideCluster, project: Canaries) -> None:
    saved = f"platform_plan_out={project.folder}/x.plan"
    first = project.play(task(inside, 1), "plan", "--check", "-e", saved)
    assert "5 to add" in first, first[-3000:]
    assert (project.folder / "x.plan").is_file()
    applied = project.play(task(inside, 1), "apply", "-e", f"platform_plan={project.folder}/x.plan")
    assert "failed=0" in applied, applied[-3000:]
    # every one different, including those from the vault: the live values are the earlier secrets
    project.set_vault(VAULTED["older"], f"{VAULTED['inline']}-new")
    changed = project.play(task(inside, 2), "plan", "--check", "-e", saved)
    assert "4 to change" in changed, changed[-3000:]
    ordinary = project.play(task(inside, 2), "plan", "--check", MAINSTAY_IN_WORKER="never")
    assert "runs as an ordinary module" in ordinary
    shown = project.play(task(inside, 2), "apply")
    assert "failed=0" in shown, shown[-3000:]
    project.check()
    assert "failed=0" in project.play({"mainstay.aws.k8s_objects": inside.options(state="absent")}, "apply")
    project.check()


PLACE = {"name": "a", "namespace": "default"}


@pytest.mark.parametrize(
    "broken",
    [
        {"objects": "{{ whole }}"},
        {"objects": ["{{ inline }}"]},
        {"releases": {"a": {"namespace": "{{ inline }}", "chart": "{{ whole }}"}}},
        {"releases": {"a": {"namespace": "x", "chart_files": {"a": "{{ whole }}"}}}},
        {"objects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ inline }}", "namespace": "default"}}]},
        {
            "objects": [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "data": ["{{ whole }}"]}
            ]
        },
        {
            "objects": [
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "default"}, "spec": {"x": "{{ whole }}"}}
            ]
        },
        {"timeout": "{{ whole }}"},
        {"purge": ["{{ inline }}"]},
        {"region": "{{ whole }}"},
        {"unknown": "{{ whole }}"},
    ],
    ids=range(11),
)
def test_failure_messages_contain_no_secret(inside: InsideCluster, project: Canaries, broken: dict[str, Any]) -> None:
    printed = project.play({"mainstay.aws.k8s_objects": {**inside.options(), **broken}}, "apply")
    assert "failed=1" in printed, printed[-2000:]
    project.check()


def test_the_role_s_filters_do_not_repeat_secrets(inside: InsideCluster, project: Canaries) -> None:
    settings = {"version": "1.36", "controllers": [], "node_groups": {"system": {}}}
    content = {"storage_class": {"enabled": False}, **canaries(inside)}
    template = "{{ content | mainstay.aws.eks_content(settings, {'name': '" + CLUSTER + "'}, '" + REGION + "') }}"
    given = {name: f"{{{{ found.{name} }}}}" for name in ("objects", "patches", "releases", "sensitive")}
    own = f"small-{inside.number}"  # without the autoscaler, whose chart is part of the role
    given["releases"] = f"{{{{ {{'{own}': found.releases['{own}']}} }}}}"
    variables = {"content": numbered(content, 1), "settings": settings, "found": template}
    printed = project.play({"mainstay.aws.k8s_objects": inside.options(**given), "vars": variables}, "plan", "--check")
    assert "failed=0" in printed, printed[-3000:]
    project.check()
