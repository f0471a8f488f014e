"""Command line of the rehearsal cloud: python -m rehearsal start|stop|status|env|reset|seed."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from rehearsal import launcher, seed
from rehearsal.admin_client import AdminClient, AdminError
from rehearsal.admin_url import without_token
from rehearsal.identities import ROLES


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(COMMANDS[options.command](options))
    except (launcher.LauncherError, AdminError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _start(options: argparse.Namespace) -> int:
    settings = {"latency_ms": options.latency_ms} if options.latency_ms else {}
    settings |= {"rate_limits": options.rate_limits} if options.rate_limits else {}
    if options.transition_seconds:
        settings["transition_seconds"] = {"default": options.transition_seconds}
    further = tuple(options.further_account)
    wanted = launcher.Options(
        name=options.name,
        account_id=options.account_id,
        region=options.region,
        port=options.port,
        admin_port=options.admin_port,
        proxy_port=options.proxy_port,
        settings=settings,
        further_accounts=further,
    )
    _describe(launcher.start(wanted, options.state_dir))
    return 0


def _stop(options: argparse.Namespace) -> int:
    print("stopped" if launcher.stop(options.name, options.state_dir) else "not running")
    return 0


def _status(options: argparse.Namespace) -> int:
    cloud = launcher.find(options.name, options.state_dir)
    if cloud is None:
        print(f"{options.name}: not running")
        return 1
    _describe(cloud)
    return 0


def _env(options: argparse.Namespace) -> int:
    for name, value in launcher.environment(_running(options), options.role, options.account).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _reset(options: argparse.Namespace) -> int:
    AdminClient(_running(options)["admin"]).reset()
    print("the cloud's accounts are empty")
    return 0


def _seed(options: argparse.Namespace) -> int:
    cloud = _running(options)
    print(f"seeded: {seed.apply(seed.load(options.file, cloud['region']), cloud)}")
    return 0


COMMANDS = {"start": _start, "stop": _stop, "status": _status, "env": _env, "reset": _reset, "seed": _seed}


def _running(options: argparse.Namespace) -> dict[str, Any]:
    cloud = launcher.find(options.name, options.state_dir)
    if cloud is None:
        advice = f"start it with: python -m rehearsal start --name {options.name}"
        raise launcher.LauncherError(f"the cloud {options.name!r} does not run; {advice}")
    return cloud


def _describe(cloud: dict[str, Any]) -> None:
    where = f"{cloud['endpoint']} (account {cloud['account_id']}, {cloud['region']})"
    print(f"{cloud['name']}: {where}, admin {without_token(cloud['admin'])}, pid {cloud['pid']}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="An AWS of one's own on the loopback interface.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        command.add_argument("--name", default="default", help="several clouds run side by side under different names")
        command.add_argument("--state-dir", type=Path, default=launcher.STATE_DIRECTORY, help=argparse.SUPPRESS)
        if name == "start":
            defaults = launcher.Options()
            command.add_argument("--account-id", default=defaults.account_id)
            further = "also plays this account; may be repeated. A seed can name further accounts, too"
            command.add_argument("--further-account", action="append", default=[], metavar="ACCOUNT_ID", help=further)
            command.add_argument("--region", default=defaults.region)
            command.add_argument("--port", type=int, default=0, help="of the AWS endpoint; 0 takes a free one")
            command.add_argument("--admin-port", type=int, default=0, help="of the administrative API; 0 takes a free one")
            command.add_argument("--proxy-port", type=int, default=0, help="of the proxy to load balancers; 0 takes a free one")
            command.add_argument("--latency-ms", type=float, default=0, help="delay of every request")
            command.add_argument("--rate-limits", choices=["aws"], help="refuse calls beyond the rates that AWS publishes")
            command.add_argument("--transition-seconds", type=float, default=0, help="time that resources take to become available")
        if name == "seed":
            command.add_argument("file", type=Path, help="what the account is to hold, such as inventories/prod/rehearsal/seed.yml")
        if name == "env":
            command.add_argument("--role", choices=ROLES, default="apply", help="plan may only read")
            command.add_argument("--account", default="", metavar="ACCOUNT_ID", help="another account that the cloud plays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
