"""CloudWatch. The rates are those of "CloudWatch service quotas" in its User Guide.

Its lists do not lag here: what creates an alarm or a dashboard also changes it, and a change must not hide it.
"""

from __future__ import annotations

from rehearsal.declarations import Service, Throttled

SERVICE = Service(
    "cloudwatch",
    rates={
        "DescribeAlarms": (9, 9),
        "PutMetricAlarm": (3, 3),
        "PutCompositeAlarm": (3, 3),
        "DeleteAlarms": (3, 3),
        "GetMetricData": (50, 50),
        "PutMetricData": (500, 500),
        "ListMetrics": (25, 25),
        "GetMetricStatistics": (400, 400),
        "PutDashboard": (10, 10),
        "GetDashboard": (10, 10),
        "ListDashboards": (10, 10),
        "DeleteDashboards": (10, 10),
        "TagResource": (5, 5),
        "UntagResource": (5, 5),
        "ListTagsForResource": (10, 10),
    },
    throttled=Throttled("Throttling", "Rate exceeded"),
)
