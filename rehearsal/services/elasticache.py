"""ElastiCache. The quotas are those of "Amazon ElastiCache endpoints and quotas" in the AWS General Reference.

An operation named "test" takes a cache down.
"""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service, Throttled, Transition

RECORD = "rehearsal.extensions.elasticache_record"

SERVICE = Service(
    "elasticache",
    transitions=(
        Transition("elasticache_replication_group", f"{RECORD}:ReplicationGroup", "status", {"available": "creating"}),
        Transition("elasticache_snapshot", f"{RECORD}:Snapshot", "status", {"available": "creating"}),
        Transition("elasticache_user", f"{RECORD}:User", "status", {"active": "modifying"}),
        Transition("elasticache_user_group", f"{RECORD}:UserGroup", "status", {"active": "creating"}),
    ),
    listings=(
        Listing(
            "CreateReplicationGroup",
            "ReplicationGroup.ReplicationGroupId",
            "DescribeReplicationGroups",
            ("ReplicationGroups", "ReplicationGroupId"),
        ),
        Listing("CreateSnapshot", "Snapshot.SnapshotName", "DescribeSnapshots", ("Snapshots", "SnapshotName")),
        Listing("CreateUser", "UserId", "DescribeUsers", ("Users", "UserId")),
        Listing("CreateUserGroup", "UserGroupId", "DescribeUserGroups", ("UserGroups", "UserGroupId")),
        Listing(
            "CreateCacheSubnetGroup",
            "CacheSubnetGroup.CacheSubnetGroupName",
            "DescribeCacheSubnetGroups",
            ("CacheSubnetGroups", "CacheSubnetGroupName"),
        ),
        Listing(
            "CreateCacheParameterGroup",
            "CacheParameterGroup.CacheParameterGroupName",
            "DescribeCacheParameterGroups",
            ("CacheParameterGroups", "CacheParameterGroupName"),
        ),
    ),
    quotas={
        "elasticache_nodes": Quota("elasticache", "L-DFE45DF3", "Nodes per Region", 300),
        "elasticache_nodes_per_cluster": Quota("elasticache", "L-AF354865", "Nodes per cluster (cluster mode enabled)", 90),
        "elasticache_parameter_groups": Quota("elasticache", "L-3F15A733", "Parameter groups per Region", 300),
        "elasticache_subnet_groups": Quota("elasticache", "L-3E7F7726", "Subnet groups per Region", 300),
        "elasticache_users": Quota("elasticache", "L-80E085C7", "Users per Region", 2000),
        "elasticache_user_groups": Quota("elasticache", "L-AD484FC5", "User groups per Region", 200),
    },
    throttled=Throttled("Throttling", "Rate exceeded"),
    condition_keys=frozenset(
        {
            *("elasticache:atrestencryptionenabled", "elasticache:authtokenenabled", "elasticache:automaticfailoverenabled"),
            *("elasticache:cachenodetype", "elasticache:cacheparametergroupname", "elasticache:clustermodeenabled"),
            *("elasticache:enginetype", "elasticache:engineversion", "elasticache:kmskeyid", "elasticache:multiazenabled"),
            *("elasticache:numnodegroups", "elasticache:replicaspernodegroup", "elasticache:snapshotretentionlimit"),
            *("elasticache:transitencryptionenabled", "elasticache:userauthenticationmode"),
        }
    ),
    changes=frozenset({"TestFailover", "TestMigration"}),
)
