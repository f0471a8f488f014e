"""Demonstrate rollouts on a dedicated Kubernetes: good releases, and a bad one that is detected and rolled back. For make rollout-demo."""

from __future__ import annotations

import subprocess
import sys
import time

from rehearsal.kubernetes import build
from rehearsal.kubernetes.plane import ControlPlane, PlaneError
from scripts.terminal import BIN, ROOT, fail, isolated_environment, say

PLAYBOOK = ROOT / "rehearsal" / "kubernetes" / "demonstration" / "rollouts.yml"


def main() -> int:
    try:
        kubectl = build.kubectl()
        say("Starting a Kubernetes control plane with two simulated nodes")
        with ControlPlane() as plane:
            for zone in ("a", "b"):
                plane.add_node(f"node-{zone}", zone=f"eu-west-1{zone}")
            started = time.monotonic()
            environment = isolated_environment({"KUBECONFIG": str(plane.kubeconfig), "MAINSTAY_PROGRESS": "always"})
            command = [str(BIN / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(PLAYBOOK)]
            code = subprocess.run([*command, "-e", f"demonstration_kubectl={kubectl}"], cwd=ROOT, env=environment, check=False).returncode
            say(f"Finished in {time.monotonic() - started:.0f} s; the control plane stops with this program")
            return code
    except (build.BuildError, PlaneError) as error:
        fail(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
