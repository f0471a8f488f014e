# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Each call by which a deployment and a removal change AWS is broken: the same command run again leaves what an unbroken one leaves."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from benchmarks.faults.catalog import FAULTS, Fault
from benchmarks.faults.processes import Command, Ended, run
from benchmarks.faults.proxy import Proxy, Rule
from scripts.terminal import BIN, ROOT, isolated_environment
from tests.integration.examples.running import mutations

from .support import HOST, Shop

BROKEN = [fault for fault in FAULTS if fault.number in ("F1", "F2", "F3")]
DEPLOYS = ("ecr:PutImage", "route53:ChangeResourceRecordSets")
"""A tag that protects an image, and the alias record of the load balancer."""
REMOVES = ("route53:ChangeResourceRecordSets", "ecr:BatchDeleteImage")


def broken(shop: Shop, proxy: Proxy, playbook: str, operation: str, fault: Fault, **extra: object) -> Ended:
    """One run of a playbook in which this call is broken."""
    there = {"AWS_ENDPOINT_URL": proxy.endpoint, "MAINSTAY_REHEARSAL_ENDPOINT": proxy.endpoint}
    environment = isolated_environment({**shop.cloud.environment("apply"), **there})
    given = json.dumps({"app_deploy_manage": True, **extra})
    words = [str(BIN / "ansible-playbook"), f"playbooks/{playbook}.yml", "-i", str(shop.inventory), "--extra-vars", given]
    rule = Rule(operation, fault.action)
    proxy.arm(rule)
    ended = run(Command(words, ROOT, environment, shop.folder / "broken.log"), proxy, rule if fault.kills else None)
    proxy.clear()
    assert rule.fired == 1, ended.printed
    assert ended.killed == fault.kills
    assert "Traceback" not in ended.printed
    return ended


@pytest.mark.nightly
@pytest.mark.parametrize("fault", BROKEN, ids=[fault.name for fault in BROKEN])
@pytest.mark.parametrize(("deploys", "removes"), list(zip(DEPLOYS, REMOVES, strict=True)))
def test_the_same_command_run_again_comes_to_the_same_end(shop: Shop, deploys: str, removes: str, fault: Fault) -> None:
    before = shop.migrated()
    with Proxy(shop.cloud.endpoint) as proxy:
        shop.cloud.admin.settings(sts_hosts=[urlsplit(proxy.endpoint).netloc])
        broken(shop, proxy, "deploy", deploys, fault, app_deploy_version="1.0.0")
        again = shop.deploy("1.0.0")
        assert again.code == 0, again.output
        assert shop.answer() == (200, "1.0.0")
        assert shop.records() == [f"{HOST}."]
        assert len([tag for tag in shop.tags("api") if tag.startswith("deployed-")]) == 1
        assert len(shop.migrated()) == len(before) + 1
        unchanged = shop.deploy("1.0.0")
        assert (unchanged.report["result"], mutations(shop.cloud)) == ("no_changes", [])

        broken(shop, proxy, "destroy", removes, fault, destroy="prod")
        gone = shop.play("destroy", destroy="prod")
        assert gone.code == 0, gone.output
        assert shop.records() == []
        assert [tag for tag in shop.tags("api") if tag.startswith("deployed-")] == []
        assert "shop" not in [one["metadata"]["name"] for one in shop.api.get("/api/v1/namespaces")["items"]]
