"""Command line of the rehearsal's Kubernetes: python -m rehearsal.kubernetes build|start|stop|status|kubeconfig|kubectl|helm|token."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any

from rehearsal.kubernetes import VERSIONS, build, helm, keeper
from rehearsal.kubernetes.plane import PlaneError
from rehearsal.launcher import REPOSITORY


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] in (["kubectl"], ["helm"]):
        return _instead(given[0], given[1:])
    options = _parser().parse_args(given)
    try:
        return int(COMMANDS[options.command](options))
    except (build.BuildError, PlaneError, keeper.KeeperError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _build(options: argparse.Namespace) -> int:
    print(build.binary())
    return 0


def _start(options: argparse.Namespace) -> int:
    _check_name(options.name)
    _describe(keeper.start(options.name, options.version, options.nodes))
    return 0


def _stop(options: argparse.Namespace) -> int:
    print("stopped" if keeper.stop(options.name) else "not running")
    return 0


def _status(options: argparse.Namespace) -> int:
    plane = keeper.find(options.name)
    if plane is None:
        print(f"{options.name}: not running")
        return 1
    _describe(plane)
    return 0


def _kubeconfig(options: argparse.Namespace) -> int:
    plane = keeper.find(options.name)
    if plane is None:
        raise ValueError(f"{options.name!r} does not run; start it with: python -m rehearsal.kubernetes start --name {options.name}")
    print(plane["kubeconfig"])
    return 0


def _instead(name: str, arguments: list[str]) -> int:
    """Replaces this process, so that kubectl and Helm keep full control of the terminal."""
    try:
        program = build.kubectl() if name == "kubectl" else helm.helm()
    except build.BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return os.execv(program, [name, *arguments])  # noqa: S606  no shell is wanted


def _token(options: argparse.Namespace) -> int:
    """Prints the output of `aws eks get-token`, from the credentials and the endpoint in the environment."""
    sys.path.append(str(REPOSITORY / "collections"))
    import botocore.session
    from botocore.exceptions import BotoCoreError

    from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_token import make_token

    try:
        session = botocore.session.get_session()
        region = options.region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if region is None:
            raise ValueError("there is no AWS region: give --region, or set AWS_REGION")
        client = session.create_client("sts", region_name=region)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise ValueError(str(error)) from error
    if credentials is None:
        raise ValueError("there are no AWS credentials in the environment")
    made = make_token(credentials.get_frozen_credentials(), options.cluster_name, region, client.meta.endpoint_url)
    print(json.dumps(made.exec_credential()))
    return 0


COMMANDS = {"build": _build, "start": _start, "stop": _stop, "status": _status, "kubeconfig": _kubeconfig, "token": _token}
HELP = {
    "build": "build the binary, if that has not been done, and print where it is",
    "start": "start a control plane by itself; does nothing if it runs",
    "stop": "stop it; what it held is gone",
    "status": "say where it is",
    "kubeconfig": "print the path of the file with which an administrator's kubectl reaches it",
    "token": "print a token for an EKS cluster, as aws eks get-token does",
}


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ValueError(f"the name {name!r} must consist of letters, digits, dots, dashes and underscores")


def _describe(plane: dict[str, Any]) -> None:
    print(f"{plane['name']}: {plane['endpoint']} (Kubernetes {plane['version']}), kubeconfig {plane['kubeconfig']}, pid {plane['pid']}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.kubernetes", description="Kubernetes of one's own on the loopback interface."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name, help=HELP[name])
        if name in ("start", "stop", "status", "kubeconfig"):
            command.add_argument("--name", default="default", help="several run side by side under different names")
        if name == "start":
            command.add_argument("--version", choices=VERSIONS, default=VERSIONS[-1], help="the minor version that the API server plays")
            command.add_argument("--nodes", type=int, default=3, help="how many nodes it begins with")
        if name == "token":
            command.add_argument("--cluster-name", required=True)
            command.add_argument("--region", help="of the STS that is asked; AWS_REGION or the profile's unless given")
    commands.add_parser("kubectl", help="run kubectl of the control plane's own version", add_help=False)
    commands.add_parser("helm", help="run Helm, which is installed first if there is none", add_help=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
