"""What the AWS CLI reads of a lease table, and of the metrics of an application."""

import datetime
import json
import subprocess

from kit import BUILD

HOUR = 3600


def aws(*command):
    out = subprocess.run([f"{BUILD}/awscli/bin/aws", "--output", "json", *command], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


class Lease:
    """A row of the lease table that is a shard's."""

    def __init__(self, row):
        self.shard = row["leaseKey"]["S"]
        self.checkpoint = row["checkpoint"]["S"]
        self.parents = set(row.get("parentShardId", {"SS": []})["SS"])
        # While a lease is handed over it has two owners, or none that counts.
        self.owner = None if "checkpointOwner" in row else row.get("leaseOwner", {"S": None})["S"]
        self.ended = self.checkpoint == "SHARD_END"


def leases(table):
    """The leases in a table, by the names of their shards."""
    rows = [Lease(row) for row in aws("dynamodb", "scan", "--table-name", table)["Items"] if "checkpoint" in row]
    return sorted(rows, key=lambda lease: lease.shard)


def opened(table):
    """The leases in a table that have not ended."""
    return [lease for lease in leases(table) if not lease.ended]


def show(table):
    """Prints the leases in a table, and returns them."""
    found = leases(table)
    for lease in found:
        print(f"     {lease.shard} {lease.owner or '-':10} {lease.checkpoint}", flush=True)
    return found


def listed(namespace, metric):
    """The sets of dimensions that a metric has."""
    found = aws("cloudwatch", "list-metrics", "--namespace", namespace, "--metric-name", metric)["Metrics"]
    return [m["Dimensions"] for m in found]


def total(namespace, metric, dimensions):
    """The sum of all that was put of a metric with a set of dimensions."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    points = aws(
        "cloudwatch", "get-metric-statistics", "--namespace", namespace, "--metric-name", metric,
        "--start-time", (now - day).isoformat(), "--end-time", (now + day).isoformat(), "--period", str(HOUR), "--statistics", "Sum",
        "--dimensions", *(f"Name={d['Name']},Value={d['Value']}" for d in dimensions),
    )["Datapoints"]  # fmt: skip
    return round(sum(point["Sum"] for point in points))
