"""An account with a VPC of two zones, a cache subnet group, a security group, and a key."""

from __future__ import annotations

from typing import Any

from rehearsal.testing import Cloud

TOKEN = "first-token-0123456789"
PASSWORD = "password-0123456789"


class CacheAccount:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.region = cloud, cloud.region
        self.cache, self.ec2 = cloud.client("elasticache"), cloud.client("ec2")
        self.arns = f"arn:aws:elasticache:{cloud.region}:{cloud.account_id}"
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(number, zone) for number, zone in enumerate("ab")]
        self.security_group = self.ec2.create_security_group(GroupName="cache", Description="cache", VpcId=self.vpc)["GroupId"]
        self.cache.create_cache_subnet_group(CacheSubnetGroupName="main", CacheSubnetGroupDescription="cache tier", SubnetIds=self.subnets)

    def subnet(self, number: int, zone: str, vpc: str | None = None) -> str:
        made = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{self.region}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def key(self) -> str:
        return str(self.cloud.client("kms").create_key()["KeyMetadata"]["Arn"])

    def takes(self, **seconds: float) -> None:
        """Sets how long transitions take, by the kind of resource without its prefix; everything else takes no time."""
        kinds = {f"elasticache_{kind}": value for kind, value in seconds.items()}
        self.cloud.admin.settings(transition_seconds={"default": 0.0, **kinds})

    def create(self, name: str = "main", **options: Any) -> dict[str, Any]:
        """A group of Redis 7.1 with a primary and a replica, TLS, and failover; an option of None is left out."""
        given = {
            "ReplicationGroupDescription": "test",
            "Engine": "redis",
            "EngineVersion": "7.1",
            "CacheNodeType": "cache.t4g.small",
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "MultiAZEnabled": True,
            "TransitEncryptionEnabled": True,
            "CacheSubnetGroupName": "main",
            "SecurityGroupIds": [self.security_group],
            **options,
        }
        given = {key: value for key, value in given.items() if value is not None}
        return dict(self.cache.create_replication_group(ReplicationGroupId=name, **given)["ReplicationGroup"])

    def cluster(self, name: str = "main", **options: Any) -> dict[str, Any]:
        """A group with cluster mode: three shards with a replica each."""
        shape = {"NumCacheClusters": None, "NumNodeGroups": 3, "ReplicasPerNodeGroup": 1}
        return self.create(name, **{**shape, "CacheParameterGroupName": "default.redis7.cluster.on", **options})

    def group(self, name: str = "main") -> dict[str, Any]:
        return dict(self.cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0])

    def members(self, name: str = "main") -> list[dict[str, Any]]:
        found = self.cache.describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"]
        return [one for one in found if one["ReplicationGroupId"] == name]

    def modify(self, name: str = "main", **options: Any) -> dict[str, Any]:
        given = {"ReplicationGroupId": name, "ApplyImmediately": True, **options}
        return dict(self.cache.modify_replication_group(**given)["ReplicationGroup"])

    def user(self, identity: str, name: str | None = None, **options: Any) -> dict[str, Any]:
        given = {"Engine": "redis", "AccessString": "on ~* +@all", "Passwords": [PASSWORD], **options}
        given = {key: value for key, value in given.items() if value is not None}
        return dict(self.cache.create_user(UserId=identity, UserName=name or identity, **given))

    def user_group(self, identity: str = "team", engine: str = "redis", users: tuple[str, ...] = ()) -> dict[str, Any]:
        """With a disabled `default` user of its own, which it makes if it does not exist."""
        known = {one["UserId"] for one in self.cache.describe_users()["Users"]}
        if "nobody" not in known:
            self.user("nobody", "default", AccessString="off -@all")
        return dict(self.cache.create_user_group(UserGroupId=identity, Engine=engine, UserIds=["nobody", *users]))

    def parameter_group(self, name: str = "own", family: str = "redis7") -> dict[str, Any]:
        given = {"CacheParameterGroupName": name, "CacheParameterGroupFamily": family, "Description": "test"}
        return dict(self.cache.create_cache_parameter_group(**given)["CacheParameterGroup"])
