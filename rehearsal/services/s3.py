"""S3: one service for all regions of a partition, whose buckets each have one."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "s3",
    listings=(Listing("CreateBucket", "input:Bucket", "ListBuckets", ("Buckets", "Name")),),
    throttled=Throttled("SlowDown", "Please reduce your request rate.", 503),
)
