"""What the stories of the libraries share: programs, what workers say, and leases."""

import contextlib
import os
import signal
import subprocess
import time

import boto3

BUILD = os.environ["COMPAT_BUILD"]
KEYS = 50  # as many as Producer.java has

kinesis = boto3.client("kinesis")
dynamodb = boto3.client("dynamodb")
cloudwatch = boto3.client("cloudwatch")


def same(what, got, want):
    if got != want:
        raise SystemExit(f"FAIL {what}: got {got!r}, want {want!r}")
    print("ok  ", what, flush=True)


def true(what, holds):
    same(what, bool(holds), True)


# The programs that run, with the name of each.
programs = []


def start(name, *command, say, stdin=subprocess.DEVNULL, **environment):
    """Starts a program that writes to the end of the file say."""
    with open(say, "a") as out, open(name + ".log", "a") as log:
        program = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=log, env={**os.environ, **environment})
    programs.append((name, program))
    return program


def java(name, folder, main, *args, say, **environment):
    """Starts a program in Java of what was built of a folder."""
    return start(
        name, "java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp", f"{BUILD}/{folder}/classes:{BUILD}/{folder}/lib/*", main, *args, say=say, **environment,
    )  # fmt: skip


def kill(program):
    """Kills a program, which is then none that has to run.

    It is stopped first, so that it says no half of a line.
    """
    programs[:] = [(name, p) for name, p in programs if p is not program]
    program.send_signal(signal.SIGSTOP)
    os.waitpid(program.pid, os.WUNTRACED)
    program.kill()
    program.wait()


def end(program, patience=120):
    """Has a program end in good order."""
    programs[:] = [(name, p) for name, p in programs if p is not program]
    program.terminate()
    program.wait(patience)


@contextlib.contextmanager
def stage():
    """Ends all programs at the end, and shows what they logged if the story went wrong."""
    try:
        yield
    except BaseException:
        for name, program in programs:
            print(f"--- {name}, ended with {program.poll()}:", flush=True)
            with open(name + ".log", errors="replace") as log:
                print("".join(log.readlines()[-40:]), flush=True)
        raise
    finally:
        for _, program in programs:
            program.kill()
            program.wait()


def until(what, holds, tell=lambda: "", patience=600, often=0.5):
    """Waits until something holds, while the programs run."""
    began = time.monotonic()
    while not holds():
        for name, program in programs:
            if program.poll():
                raise SystemExit(f"FAIL {what}: {name} ended with {program.returncode}")
        if time.monotonic() - began > patience:
            raise SystemExit(f"FAIL {what}: not after {patience} s: {tell()}")
        time.sleep(often)
    print(f"ok   {what}, after {time.monotonic() - began:.0f} s", flush=True)


def shard(n):
    return f"shardId-{n:012d}"


def create(stream, shards):
    kinesis.create_stream(StreamName=stream, ShardCount=shards)
    active(stream)


def active(stream):
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})


def split(stream, n):
    """Splits the n-th shard in its middle."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    keys = next(s["HashKeyRange"] for s in shards if s["ShardId"] == shard(n))
    middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"]) + 1) // 2
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard(n), NewStartingHashKey=str(middle))
    active(stream)


def merge(stream, n, adjacent):
    kinesis.merge_shards(StreamName=stream, ShardToMerge=shard(n), AdjacentShardToMerge=shard(adjacent))
    active(stream)


def put(stream, prefix, count):
    """Puts what Producer.java puts, each in a record of its own."""
    for begin in range(0, count, 500):
        entries = [{"PartitionKey": f"{prefix}{n % KEYS}", "Data": str(n)} for n in range(begin, min(begin + 500, count))]
        same(f"refused of {len(entries)}", kinesis.put_records(StreamName=stream, Records=entries)["FailedRecordCount"], 0)


def numbered(prefix, count):
    """The records that put and Producer.java put, as (key, data)."""
    return {(f"{prefix}{n % KEYS}", str(n)) for n in range(count)}


def metrics(namespace):
    """The names of the metrics in a namespace of CloudWatch."""
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    return {metric["MetricName"] for page in pages for metric in page["Metrics"]}


def rows(table):
    """The rows of a lease table, none before there is one."""
    try:
        return [row for page in dynamodb.get_paginator("scan").paginate(TableName=table) for row in page["Items"]]
    except dynamodb.exceptions.ResourceNotFoundException:
        return []


class Ledger:
    """What the workers of an application say, in the order in which they say it; those that are
    told their name say more, see group/ledger.py:

    begin SHARD
    record SHARD SEQUENCE-NUMBER SUB-SEQUENCE-NUMBER KEY DATA
    end SHARD
    lost SHARD
    trouble SHARD ...
    """

    def __init__(self, stream, application):
        self.stream, self.application = stream, application
        self.file = application + ".says"
        self.records = {}  # (key, data): how often it was processed
        self.last = {}  # the last place of a key, over its shards
        self.begun, self.ended = set(), set()
        self.leases = {}  # shard: (its last checkpoint but none, its last owner but none)
        self.at = 0
        open(self.file, "w").close()

    def read(self):
        with open(self.file) as says:
            says.seek(self.at)
            while (line := says.readline()).endswith("\n"):
                self.at = says.tell()
                self.take(*line.rstrip("\n").split(" "))
        return self

    def take(self, verb, name, *rest):
        if verb == "begin":
            for parent in self.parents(name):
                true(f"{self.application}: {parent} ended before {name} began", parent in self.ended)
            self.begun.add(name)
        elif verb == "end":
            self.ended.add(name)
        elif verb == "record":
            sequence, sub, key, data = rest
            place = int(sequence), int(sub)
            # What is processed again, after a worker was lost, was in order the first time.
            if (key, data) not in self.records and place <= self.last.get(key, (0, 0)):
                raise SystemExit(f"FAIL {self.application}: {key} at {place} after {self.last[key]}")
            self.records[key, data] = self.records.get((key, data), 0) + 1
            self.last[key] = max(place, self.last.get(key, (0, 0)))

    def parents(self, name):
        for s in kinesis.list_shards(StreamName=self.stream)["Shards"]:
            if s["ShardId"] == name:
                return [s[p] for p in ("ParentShardId", "AdjacentParentShardId") if p in s]
        return []

    def look(self):
        """Looks at the lease table. What has ended is soon deleted, so what was seen is kept."""
        for row in rows(self.application):
            name = row["leaseKey"]["S"]
            if name.startswith("shardId-"):
                checkpoint, owner = self.leases.get(name, (None, None))
                self.leases[name] = (
                    row.get("checkpoint", {}).get("S", checkpoint),
                    row.get("leaseOwner", {}).get("S", owner),
                )
        return self

    def done(self, want, ended, opened):
        """Whether all of want was processed, some shards ended, and others are being read."""
        self.read().look()
        return self.records.keys() >= want and self.ended >= ended and self.begun >= opened

    def tell(self, want):
        return f"{self.application}: {len(want - self.records.keys())} records missing, ended {self.ended}, begun {self.begun}"

    def verify(self, want, ended, opened):
        same(f"{self.application}: records", self.records.keys(), want)
        for name in sorted(ended):
            same(f"{self.application}: checkpoint of {name}", self.leases[name][0], "SHARD_END")
        for name in sorted(opened):
            true(f"{self.application}: owner of {name}", self.leases[name][1])
        again = sum(times - 1 for times in self.records.values())
        print(f"ok   {self.application}: {len(self.records)} records, {again} of them again", flush=True)
