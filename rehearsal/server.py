"""The main function of a cloud's process: bind both ports, publish them, and serve until stopped.

Started by `launcher.py` as `python -m rehearsal.server <id>`; the configuration is one JSON object on standard input.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rehearsal.admin_url import with_token

HOST = "127.0.0.1"
# The services that nearly every run calls first; preloaded while the first client is still starting.
PRELOADED = ("sts", "ec2", "iam", "kms", "logs")


def prepare_environment(account_id: str) -> None:
    """moto reads these on import. None of the caller's AWS configuration may reach it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ |= {
        "MOTO_ACCOUNT_ID": account_id,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
    }


def serve(config: dict[str, Any]) -> None:
    """Runs one cloud. `config`: id, name, account_id, region, port, admin_port, proxy_port, admin_token, credentials, settings, policies,
    further_accounts, state_file, log, owner_pid; see launcher.py.
    """
    prepare_environment(config["account_id"])
    gc.disable()  # until everything is imported: a million objects come, and none goes
    from werkzeug.serving import make_server

    from rehearsal.admin import AdminServer
    from rehearsal.cloud_state import CloudState
    from rehearsal.handler import Handler
    from rehearsal.identities import Credentials
    from rehearsal.kubernetes.fleet import fleet
    from rehearsal.middleware import Application, create_moto
    from rehearsal.postgresql.cloud import current as databases
    from rehearsal.postgresql.login import checker
    from rehearsal.rabbitmq.cloud import current as brokers
    from rehearsal.receivers.post import current as post
    from rehearsal.traffic import cloud as load_balancers
    from rehearsal.valkey.cloud import current as caches
    from rehearsal.valkey.login import checker as caches_checker

    roles = {role: Credentials(**credentials) for role, credentials in config["credentials"].items()}
    state = CloudState(config["account_id"], config["region"], roles, config["settings"], config["policies"])
    for account_id in config["further_accounts"]:
        state.account(account_id)
    server = make_server(HOST, config["port"], Application(state, create_moto()), threaded=True, request_handler=Handler)
    post.home = f"{HOST}:{server.server_port}"
    health = {"id": config["id"], "pid": os.getpid()}
    admin = AdminServer(HOST, config["admin_port"], state, health, config["admin_token"])
    fleet.open(Path(config["state_file"]).parent, lambda directory: _open_door(directory, state, server.server_port))
    databases.open_(Path(config["state_file"]).parent, checker(state))
    caches.open_(Path(config["state_file"]).parent, caches_checker(state))
    brokers.open_(Path(config["state_file"]).parent, brokers.check_token)
    threading.Thread(target=admin.serve_forever, daemon=True).start()
    proxy = load_balancers.open_(Path(config["state_file"]).parent, config["proxy_port"])
    _write(Path(config["state_file"]), _description(config, server.server_port, admin.server_port) | {"proxy": proxy})
    threading.Thread(target=_preload, daemon=True).start()
    if config.get("owner_pid"):
        threading.Thread(target=_end_with, args=(config["owner_pid"],), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: _end(fleet, databases, caches, brokers))
    server.serve_forever()


def _open_door(directory: Path, state: Any, port: int) -> Any:
    """The login webhook server of the cloud's Kubernetes clusters, opened with the first cluster."""
    from rehearsal.kubernetes.doorkeeper import opener

    return opener(state, {f"{host}:{port}" for host in (HOST, "localhost")})(directory)


def _end(fleet: Any, *servers: Any) -> None:
    """Waits for the child processes, which end with this process in any case."""
    for each in servers:
        each.close()
    fleet.stop_all()
    os._exit(0)


def _description(config: dict[str, Any], port: int, admin_port: int) -> dict[str, Any]:
    """The content of `cloud.json`."""
    kept = ("id", "name", "account_id", "region", "credentials", "log", "code")
    return {
        "pid": os.getpid(),
        "endpoint": f"http://{HOST}:{port}",
        "admin": with_token(HOST, admin_port, config["admin_token"]),
        **{name: config[name] for name in kept},
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    """Writes atomically, so that readers see all of the file or none; only its owner can read it, because it holds credentials."""
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    temporary.replace(path)


def _preload() -> None:
    from rehearsal import registry

    for service in PRELOADED:
        registry.prepare(service)
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a request makes thousands of objects, hardly any in cycles
    gc.enable()


def _end_with(owner: int) -> None:
    """Ends this process soon after its owner's process has ended for any reason."""
    while os.getppid() == owner:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    serve(json.loads(sys.stdin.read()))
