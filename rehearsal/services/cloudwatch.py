"""CloudWatch. The quotas and rates are those of "CloudWatch service quotas" in its User Guide."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "cloudwatch",
    listings=(
        Listing("PutMetricAlarm", "input:AlarmName", "DescribeAlarms", ("MetricAlarms", "AlarmName")),
        Listing("PutDashboard", "input:DashboardName", "ListDashboards", ("DashboardEntries", "DashboardName")),
    ),
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
