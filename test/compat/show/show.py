"""A show: producers that take orders, workers that come and go, and what is known of them."""

import collections
import os
import subprocess
import time

import cli
from kit import java, rows, shard, split, until
from ledger import Ledger

STREAM, APPLICATION = "orders", "billing"
# So many at least: the producers go on until all has happened.
RECORDS = int(os.environ.get("COMPAT_RECORDS", 20_000))
# So many does each of two producers put a second.
RATE = max(500, RECORDS // 400)
# How long a story of so many records may take to get somewhere.
PATIENCE = 600 + RECORDS // 500
WORKERS = ("w1", "fanout"), ("w2", "polling"), ("w3", "fanout")


class Producer:
    """A KPL in a process of its own, which takes orders: see Steered.java."""

    def __init__(self, prefix, aggregate):
        self.prefix, self.file = prefix, prefix + ".says"
        args = (STREAM, prefix + "-", str(RECORDS // 2), str(RATE), str(aggregate).lower())
        self.program = java(prefix, "show", "Steered", *args, say=self.file, stdin=subprocess.PIPE)

    def order(self, line):
        self.program.stdin.write(line.encode() + b"\n")
        self.program.stdin.flush()

    def said(self):
        """The words of what it has said."""
        with open(self.file) as says:
            return says.read().split()

    def stored(self):
        """How many it has stored in the end, or None."""
        said = self.said()
        return int(said[said.index("stored") + 1]) if "stored" in said else None

    def end(self):
        self.program.stdin.close()
        return self.program.wait(PATIENCE)


class Book(Ledger):
    """A ledger that knows what the workers count in their metrics."""

    def __init__(self):
        super().__init__(STREAM, APPLICATION, ordered="none")
        self.shares = collections.Counter()

    def begin(self, shard, worker, checkpoint, sub):
        super().begin(shard, worker, checkpoint, sub)
        # The KCL reads the record again that the checkpoint is in, and counts what it then leaves out.
        self.shares[shard, worker] += int(sub) + 1 if checkpoint.isdigit() else 0

    def record(self, shard, *rest):
        super().record(shard, *rest)
        self.shares[shard, self.batch.worker] += 1

    def counted(self, shard):
        """How many records of a shard were counted, at least and at most.

        What a worker has counted in its last seconds is lost if it is killed.
        """
        shares = {worker: n for (name, worker), n in self.shares.items() if name == shard}
        return sum(n for worker, n in shares.items() if worker not in self.killed), sum(shares.values())


class Show:
    def __init__(self):
        self.ledger = Book()
        self.workers = []
        self.began = self.told = time.monotonic()

    def join(self):
        """Starts the next worker."""
        name, retrieval = WORKERS[len(self.workers)]
        self.workers.append(java(name, "kcl/v3", "Worker", STREAM, APPLICATION, retrieval, name, say=self.ledger.file))

    def begin(self):
        self.plain, self.aggregated = Producer("plain", False), Producer("aggregated", True)
        self.began = time.monotonic()

    def processed(self):
        return sum(self.ledger.processed(prefix) for prefix in self.ledger.counts)

    def owners(self):
        """The owners of the leases that have not ended, None where one is handed over."""
        leases = [cli.Lease(row) for row in rows(APPLICATION) if "checkpoint" in row]
        return {lease.shard: lease.owner for lease in leases if not lease.ended}

    def owned(self, *workers):
        """Whether workers have all leases among them, each at least one."""
        return set(self.owners().values()) == {WORKERS[n][0] for n in workers}

    def ended(self, count):
        """Whether the first shards have ended."""
        return self.ledger.ended.keys() >= {shard(n) for n in range(count)}

    def leader(self):
        return next((row["ownerName"]["S"] for row in rows(APPLICATION) if row["leaseKey"]["S"] == "Leader"), None)

    def progress(self):
        held = " ".join(f"{name[-2:]}:{owner or '-'}" for name, owner in sorted(self.owners().items()))
        return f"{time.monotonic() - self.began:.0f} s: {self.processed()} processed, {self.ledger.again} again; {held}"

    def wait(self, what, holds, often=0.5):
        """Waits until something holds, and reads what the workers say."""

        def check():
            self.ledger.read()
            if time.monotonic() - self.told > 5:
                self.told = time.monotonic()
                print("    ", self.progress(), flush=True)
            return holds()

        until(what, check, self.progress, PATIENCE, often)

    def reach(self, percent):
        self.wait(f"{percent} % is processed", lambda: self.processed() >= RECORDS * percent // 100)

    def split(self, n):
        """Splits a shard while nothing aggregated is on its way."""
        times = self.aggregated.said().count("paused") + 1
        self.aggregated.order("pause")
        self.wait("what is aggregated is stored", lambda: self.aggregated.said().count("paused") == times)
        split(STREAM, n)
        self.aggregated.order("resume")
        self.wait(f"shard {n} is split, and the KPL knows", lambda: self.aggregated.said().count("resumed") == times)

    def finish(self):
        """Has the producers finish, and returns how many records they have stored."""
        producers = (self.plain, self.aggregated)
        for p in producers:
            p.order("finish")
        self.wait("all is stored", lambda: all(p.stored() for p in producers))
        want = {p.prefix: p.stored() for p in producers}
        self.wait("all is processed", lambda: all(self.ledger.processed(prefix) == n for prefix, n in want.items()))
        print(f"     {sum(want.values())} records put and processed in {time.monotonic() - self.began:.0f} s", flush=True)
        return want
