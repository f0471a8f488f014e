"""RDS. The quotas are those of "Quotas and constraints" in the Amazon RDS User Guide.

An operation named "test" takes a database down, and log retrieval is named a download.
"""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service, Throttled, Transition

COMES_AND_GOES = {"available": "creating", "deleted": "deleting"}

SERVICE = Service(
    "rds",
    transitions=(
        Transition("rds_instance", "moto.rds.models:DBInstance", "status", COMES_AND_GOES),
        Transition("rds_snapshot", "moto.rds.models:DBSnapshot", "status", COMES_AND_GOES),
        Transition("rds_cluster_snapshot", "moto.rds.models:DBClusterSnapshot", "status", COMES_AND_GOES),
    ),
    listings=(
        Listing("CreateDBInstance", "DBInstance.DBInstanceIdentifier", "DescribeDBInstances", ("DBInstances", "DBInstanceIdentifier")),
        Listing("CreateDBSnapshot", "DBSnapshot.DBSnapshotIdentifier", "DescribeDBSnapshots", ("DBSnapshots", "DBSnapshotIdentifier")),
        Listing(
            "CreateDBInstanceReadReplica",
            "DBInstance.DBInstanceIdentifier",
            "DescribeDBInstances",
            ("DBInstances", "DBInstanceIdentifier"),
        ),
        Listing(
            "CreateDBSubnetGroup",
            "DBSubnetGroup.DBSubnetGroupName",
            "DescribeDBSubnetGroups",
            ("DBSubnetGroups", "DBSubnetGroupName"),
        ),
        Listing(
            "CreateDBParameterGroup",
            "DBParameterGroup.DBParameterGroupName",
            "DescribeDBParameterGroups",
            ("DBParameterGroups", "DBParameterGroupName"),
        ),
    ),
    quotas={
        "rds_instances": Quota("rds", "L-7B6409FD", "DB instances", 40),
        "rds_parameter_groups": Quota("rds", "L-DE55804A", "Parameter groups", 50),
        "rds_subnet_groups": Quota("rds", "L-48C6BF61", "DB subnet groups", 50),
        "rds_storage_gib": Quota("rds", "L-7ADDB58A", "Total storage for all DB instances", 100_000),
        "rds_proxies": Quota("rds", "L-D94C7EA3", "Proxies", 20),
        "rds_manual_cluster_snapshots": Quota("rds", "L-9B510759", "Manual DB cluster snapshots", 100),
        "rds_manual_snapshots": Quota("rds", "L-272F1212", "Manual DB instance snapshots", 100),
        "rds_read_replicas_per_primary": Quota("rds", "L-5BC124EF", "Read replicas per primary", 15),
    },
    throttled=Throttled("Throttling", "Rate exceeded"),
    condition_keys=frozenset(
        {
            *("rds:backuptarget", "rds:copyoptiongroup", "rds:databaseclass", "rds:databaseengine", "rds:databasename"),
            *("rds:managemasteruserpassword", "rds:multiaz", "rds:piops", "rds:storageencrypted", "rds:storagesize", "rds:vpc"),
        }
    ),
    changes=frozenset({"TestFailover"}),
    reads=frozenset({"DownloadDBLogFilePortion"}),
)
