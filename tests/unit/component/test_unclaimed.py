# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Unclaimed resources beyond those that the tagging API lists."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from tests.unit.kinds.scripted import OWNER, Script, mark

PREFIX = "arn:aws:iam::1:oidc-provider"
OURS, CLAIMED, OTHERS, PIPELINE = (
    f"{PREFIX}/oidc.eks.eu-west-1.amazonaws.com/id/1",
    f"{PREFIX}/oidc.eks.eu-west-1.amazonaws.com/id/2",
    f"{PREFIX}/oidc.eks.eu-west-1.amazonaws.com/id/3",
    f"{PREFIX}/token.actions.example.com",
)
TAGS = {
    OURS: {**mark("iam_oidc_provider.old"), "mainstay:component": "legacy"},
    CLAIMED: mark("iam_oidc_provider.main"),
    OTHERS: {**mark("iam_oidc_provider.main"), "mainstay:environment": "dev", "mainstay:component": "legacy"},
}


def test_further_regions_are_searched_too() -> None:
    """One list call for each region; what IAM has is listed once."""
    key = "arn:aws:kms:us-east-1:1:key/2"
    entry = {"ResourceARN": key, "Tags": tag_list({**mark("kms_key.old"), "mainstay:component": "legacy"})}
    script = Script(
        {
            "get_caller_identity": {"Account": "1"},
            "get_resources": lambda _params: {"ResourceTagMappingList": [entry] if len(script.methods("get_resources")) > 1 else []},
            "list_roles": {"Roles": []},
            "list_open_id_connect_providers": {"OpenIDConnectProviderList": []},
            "describe_key": {"KeyMetadata": {"KeyState": "Enabled"}},
        }
    )
    aws = Aws(lambda service, region="eu-west-1": script.client_in(service, region), OWNER, region="eu-west-1")
    aws.also_in(["us-east-1"])
    found = look(aws, ["cluster"])
    aws.close()
    assert found == [{"component": "legacy", "address": "kms_key.old", "arn": key}]
    assert len(script.methods("get_resources")) == 2
    assert len(script.methods("list_roles")) == 1
    assert script.regions["describe_key"] == "us-east-1"


def test_oidc_providers_of_clusters_are_found_and_no_others_asked_about() -> None:
    def provider(params: Any) -> Any:
        return {"Tags": tag_list(TAGS[params["OpenIDConnectProviderArn"]])}

    script = Script(
        {
            "get_caller_identity": {"Account": "1"},
            "get_resources": {"ResourceTagMappingList": []},
            "list_roles": {"Roles": []},
            "list_open_id_connect_providers": {"OpenIDConnectProviderList": [{"Arn": arn} for arn in (*TAGS, PIPELINE)]},
            "get_open_id_connect_provider": provider,
        }
    )
    aws = script.aws()
    found = look(aws, ["cluster"])
    aws.close()
    assert found == [{"component": "legacy", "address": "iam_oidc_provider.old", "arn": OURS}]


def test_backups_with_the_tags_of_their_instance_belong_to_no_component() -> None:
    """RDS has copied the tags; an instance with them is a resource of the component."""
    arns = [f"arn:aws:rds:eu-west-1:1:{name}" for name in ("snapshot:rds:shop-2026-11-30", "snapshot:shop", "auto-backup:ab-1", "db:shop")]
    tags = tag_list({**mark("db_instance.old"), "mainstay:component": "legacy"})
    script = Script(
        {
            "get_caller_identity": {"Account": "1"},
            "get_resources": {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in arns]},
            "list_roles": {"Roles": []},
            "list_open_id_connect_providers": {"OpenIDConnectProviderList": []},
        }
    )
    aws = script.aws()
    found = look(aws, ["cluster"])
    aws.close()
    assert found == [{"component": "legacy", "address": "db_instance.old", "arn": arns[-1]}]


def test_secrets_that_are_being_deleted_are_no_leftovers() -> None:
    """Secrets Manager keeps a deleted secret, with its tags, for 30 days. One of another name is not asked about, which policies allow."""
    folder = "arn:aws:secretsmanager:eu-west-1:1:secret:"
    deleted, kept, other = (f"{folder}{name}" for name in ("/mainstay/prod/legacy/main/master-1", "/mainstay/prod/legacy/x-2", "by-hand-3"))
    tags = tag_list({**mark("secret.old"), "mainstay:component": "legacy"})
    script = Script(
        {
            "get_caller_identity": {"Account": "1"},
            "get_resources": {"ResourceTagMappingList": [{"ResourceARN": name, "Tags": tags} for name in (deleted, kept, other)]},
            "list_roles": {"Roles": []},
            "list_open_id_connect_providers": {"OpenIDConnectProviderList": []},
            "describe_secret": lambda params: {"DeletedDate": "2026-11-30"} if params["SecretId"] == deleted else {},
        }
    )
    aws = script.aws()
    found = [one["arn"] for one in look(aws, ["cluster"])]
    aws.close()
    assert found == [kept, other]
    assert len(script.methods("describe_secret")) == 2
