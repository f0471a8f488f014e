"""An account with a network, a subnet group, and a monitoring role, and short forms of RDS calls."""

from __future__ import annotations

from typing import Any

from ..conftest import ACCOUNT, REGION, CheckedCloud, key_policy, trust, until

PASSWORD = "correct-horse-battery"


class RdsAccount:
    """`group` is a subnet group of three subnets in three zones of one VPC; `monitoring` is a role for enhanced monitoring."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        cloud.admin.settings(databases=False, control_planes=False)
        self.rds, self.ec2, self.iam, self.kms = (cloud.client(service) for service in ("rds", "ec2", "iam", "kms"))
        self.vpc = str(self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
        self.subnets = [self.new_subnet(f"10.0.{number}.0/24", zone) for number, zone in enumerate("abc")]
        self.group = "main"
        self.rds.create_db_subnet_group(DBSubnetGroupName=self.group, DBSubnetGroupDescription="x", SubnetIds=self.subnets)
        role = self.iam.create_role(RoleName="monitoring", AssumeRolePolicyDocument=trust("monitoring.rds.amazonaws.com"))
        self.monitoring = str(role["Role"]["Arn"])

    def new_subnet(self, block: str, zone: str, vpc: str | None = None) -> str:
        made = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def new_key(self) -> str:
        return str(self.kms.create_key(Policy=key_policy())["KeyMetadata"]["Arn"])

    def parameter_group(self, name: str = "own", family: str = "postgres17", **values: str) -> str:
        """A parameter group, with parameters that take effect at the next reboot."""
        self.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="x")
        if values:
            self.set_parameters(name, "pending-reboot", **values)
        return name

    def set_parameters(self, group: str, method: str, **values: str) -> None:
        """Underscores stand for themselves, and two of them for a dot: rds__force_ssl."""
        changes = [
            {"ParameterName": name.replace("__", "."), "ParameterValue": value, "ApplyMethod": method} for name, value in values.items()
        ]
        self.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=changes)

    def given(self, **options: Any) -> dict[str, Any]:
        """The parameters of a usual instance, with changes; a value None removes one."""
        usual = {
            "DBInstanceIdentifier": "main",
            "Engine": "postgres",
            "EngineVersion": "17.4",
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": 100,
            "MasterUsername": "postgres",
            "MasterUserPassword": PASSWORD,
            "DBSubnetGroupName": self.group,
        }
        return {name: value for name, value in (usual | options).items() if value is not None}

    def create(self, name: str = "main", **options: Any) -> dict[str, Any]:
        return dict(self.rds.create_db_instance(**self.given(DBInstanceIdentifier=name, **options))["DBInstance"])

    def replica(self, name: str = "reader", source: str = "main", **options: Any) -> dict[str, Any]:
        made = self.rds.create_db_instance_read_replica(DBInstanceIdentifier=name, SourceDBInstanceIdentifier=source, **options)
        return dict(made["DBInstance"])

    def modify(self, name: str = "main", now: bool = True, **options: Any) -> dict[str, Any]:
        return dict(self.rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=now, **options)["DBInstance"])

    def delete(self, name: str = "main", **options: Any) -> dict[str, Any]:
        given = options or {"SkipFinalSnapshot": True}
        return dict(self.rds.delete_db_instance(DBInstanceIdentifier=name, **given)["DBInstance"])

    def describe(self, name: str = "main") -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def status(self, name: str = "main") -> str:
        return str(self.describe(name)["DBInstanceStatus"])

    def pending(self, name: str = "main") -> dict[str, Any]:
        return dict(self.describe(name)["PendingModifiedValues"])

    def states(self, name: str = "main", until_state: str = "available", after: int = 1) -> list[str]:
        """The states that an instance passes through until it is in one of them, each once; at least `after` others come before."""
        seen: list[str] = []

        def over() -> bool:
            status = self.status(name)
            if not seen or seen[-1] != status:
                seen.append(status)
            return status == until_state and len(seen) > after

        until(over)
        return seen

    def window(self, name: str = "main") -> dict[str, Any]:
        return self.cloud.admin.happen("rds", "maintenance_window", DBInstanceIdentifier=name)

    @property
    def arns(self) -> str:
        return f"arn:aws:rds:{REGION}:{ACCOUNT}"
