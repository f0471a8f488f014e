"""The inventories of caches, buckets, distributions, and queues whose runs are broken: as they are created, and as they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.subjects import ZONES
from rehearsal.testing import Cloud

Variables = Mapping[str, Any]

FIRST_TAGS = {"platform_tags": {"team": "one", "old": "yes"}}
OTHER_TAGS = {"platform_tags": {"team": "two"}}

NETWORKED: Variables = {
    "vpc_networks": {
        "main": {
            "cidr": "10.1.0.0/16",
            "availability_zones": ZONES[:2],
            "nat": "none",
            "endpoints": {"gateway": [], "interface": []},
            "flow_logs": {"enabled": False},
        }
    },
    **FIRST_TAGS,
}
MAIN = {"node_type": "cache.t4g.small", "snapshots": {"retention_days": 1}, "replicas": 1, "multi_az": True}
SHARDED = {"node_type": "cache.t4g.small", "cluster_mode": "enabled", "replicas": 0, "multi_az": False, "logs": {"types": {}}}
CACHED: Variables = {
    **NETWORKED,
    "redis_caches": {
        "main": {
            **MAIN,
            "users": {"app": {"access": "on ~app:* +@all"}, "old": {"access": "on ~* +@read", "login": "iam"}},
            "parameters": {"maxmemory-policy": "allkeys-lru", "timeout": "60"},
        },
        "sharded": {**SHARDED, "shards": 1},
    },
}
CACHED_CHANGED: Variables = {
    **NETWORKED,
    "redis_caches": {
        "main": {
            **MAIN,
            "replicas": 0,
            "multi_az": False,
            "users": {"app": {"access": "on ~app:* +@all -@dangerous", "rotation": "2"}},
            "parameters": {"maxmemory-policy": "volatile-lru"},
        },
        "sharded": {**SHARDED, "shards": 2, "replicas": 1, "token": {"rotation": "2"}},
    },
    **OTHER_TAGS,
}

UPLOADS = {"encryption": {"algorithm": "kms"}}
COPIES = {**UPLOADS, "region": "eu-west-1"}
STORED: Variables = {
    "s3_cdn_buckets": {
        "uploads": {
            **UPLOADS,
            "access_logs": {"bucket": "logs"},
            "cors": [{"origins": ["https://faults.example"], "methods": ["GET"]}],
            "lifecycle": {"rules": {"archive": {"transitions": {"glacier": 90}}}},
            "replication": {"to": "copies"},
        },
        "copies": COPIES,
        "logs": {"logs_from": ["load_balancers"]},
    },
    **FIRST_TAGS,
}
STORED_CHANGED: Variables = {
    "s3_cdn_buckets": {"uploads": {**UPLOADS, "lifecycle": {"abort_uploads_days": 0, "noncurrent_days": 0}}, "copies": COPIES},
    **OTHER_TAGS,
}


def distributed(ttl: int, days: int, site: str, **more: Any) -> Variables:
    """A private bucket behind CloudFront with policies of its own."""
    return {
        "s3_cdn_buckets": {"app": {}},
        "s3_cdn_distributions": {
            "shop": {
                "origins": {"app": {"bucket": "app"}, "api": {"domain_name": f"{site}.faults.example"}},
                "single_page": "/index.html",
                "cache_policies": {"short": {"default_ttl": ttl}},
                "origin_request_policies": {"some": {"query_strings": "all" if ttl > 60 else "none"}},
                "response_headers_policies": {"strict": {"hsts_seconds": days * 86400}},
                "default": {"origin": "app", "cache": "short", "response_headers": "strict"},
                "behaviors": [{"path": "/api/*", "origin": "api", "origin_request": "some"}],
            }
        },
        **more,
    }


DISTRIBUTED = distributed(60, 30, "one", **FIRST_TAGS)
DISTRIBUTED_CHANGED = distributed(120, 60, "two", **OTHER_TAGS)

QUEUED: Variables = {
    "messaging_queues": {
        "email": {"visibility_timeout_seconds": 120, "senders": {"accounts": ["210987654321"]}},
        "orders": {"fifo": True, "encryption": "kms"},
    },
    **FIRST_TAGS,
}
QUEUED_CHANGED: Variables = {
    "messaging_queues": {
        "email": {"visibility_timeout_seconds": 60},
        "orders": {"fifo": True, "encryption": "kms", "content_based_deduplication": True},
    },
    **OTHER_TAGS,
}


def drift_of_buckets(cloud: Cloud) -> None:
    """Manual changes that cause calls which no inventory change causes."""
    s3 = cloud.client("s3")
    name = next(one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].endswith("-uploads"))
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
