"""What the workers of a group say, held against what a group promises."""

import functools
import hashlib

from kit import KEYS, kill, kinesis, same, true

NOWHERE = (0, -1)  # the place before the first record of a shard


class Processor:
    """What one worker does with one shard, from when it begins with it."""

    def __init__(self, worker, at):
        self.worker, self.at = worker, at  # at is the place of its last record
        self.open = 0  # how many of its records no checkpoint covers
        self.asked = self.lost = self.end = self.killed = False


class Ledger:
    """What the workers of an application say, each with one call of the system, so that it is in order:

    begin SHARD WORKER CHECKPOINT SUB-SEQUENCE-NUMBER
    batch SHARD WORKER, whose records follow
    record SHARD SEQUENCE-NUMBER SUB-SEQUENCE-NUMBER KEY DATA
    checkpoint SHARD WORKER, once there is one at its last record
    end SHARD WORKER, before the checkpoint that says so
    asked SHARD WORKER, once it was asked to give the shard up and has made its last checkpoint
    lost SHARD WORKER
    trouble SHARD WORKER ...

    What has to hold: parents end before their children begin. A worker begins with a shard no earlier
    than at the last checkpoint of the one before it, and no later than at its last record; if that one
    was asked these are the same, and no record comes again. Its records come one after another. Those
    of a key come in order over all shards and workers, but for what comes again.

    A worker that was not asked was killed, or has let its lease lapse, as one may that was not given
    the processor for seconds. The latter are counted and told.

    What a producer puts into an aggregate for a shard that does not own it comes once more where it
    belongs. The KCL discards such an aggregate, but not while it does not know the shard: its list of
    them may be half a minute old. Foreign records are counted and told, too, of workers in Java.
    """

    def __init__(self, stream, application, ordered):
        self.stream, self.application = stream, application
        self.ordered = ordered  # the prefix of a producer that keeps the order of a key
        self.file = application + ".says"
        self.offset = 0
        open(self.file, "w").close()
        self.processors = {}  # shard: those that it had, the last of which is the one that it has
        self.batch = None  # the processor whose records are being read
        self.killed = set()
        self.high, self.safe = {}, {}  # shard: its last place that was processed, and that was checkpointed
        self.last = {}  # key: its last place over all shards, its last number
        self.counts = {}  # prefix: of each number how many there were, a byte each
        self.begun, self.ended = {}, {}  # shard: who first began with it, who ended it
        self.again, self.open = 0, 0  # how many records came again, how many may at most
        self.ranges = {}  # shard: its hash keys
        self.foreign = 0  # how many records were in a shard that does not own them

    def kill(self, worker, program):
        kill(program)
        self.read()
        self.killed.add(worker)
        self.open += self.without_checkpoint(worker)
        for p in self.last_of(worker):
            p.killed = True

    def last_of(self, worker):
        """The processors of a worker that no other worker has replaced."""
        return [ps[-1] for ps in self.processors.values() if ps[-1].worker == worker]

    def without_checkpoint(self, worker):
        """How many records of a worker no checkpoint covers."""
        return sum(p.open for p in self.last_of(worker))

    def at_work(self):
        """The processors of the shards that have not ended."""
        return {shard: ps[-1] for shard, ps in self.processors.items() if not ps[-1].end}

    def read(self):
        with open(self.file, "rb") as says:
            says.seek(self.offset)
            news = says.read()
        news = news[: news.rfind(b"\n") + 1]
        self.offset += len(news)
        for line in news.decode().splitlines():
            verb, shard, *rest = line.split(" ")
            if verb == "record":
                self.record(shard, *rest)
            elif verb == "begin":
                self.begin(shard, *rest)
            else:
                self.tell(verb, shard, *rest)
        return self

    def fail(self, *words):
        raise SystemExit(" ".join(map(str, ("FAIL", self.application, *words))))

    def begin(self, shard, worker, checkpoint, sub):
        if shard not in self.begun:
            self.begun[shard] = worker
            described = describe(self.stream, shard)
            keys = described["HashKeyRange"]
            self.ranges[shard] = range(int(keys["StartingHashKey"]), int(keys["EndingHashKey"]) + 1)
            for parent in (described[p] for p in ("ParentShardId", "AdjacentParentShardId") if p in described):
                true(f"{self.application}: {parent} ended before {worker} began with {shard}", parent in self.ended)
        at = (int(checkpoint), int(sub)) if checkpoint.isdigit() else NOWHERE
        safe, high = self.safe.get(shard, NOWHERE), self.high.get(shard, NOWHERE)
        if not safe <= at <= high:
            self.fail(worker, "begins with", shard, "at", at, "and not between", safe, "and", high)
        self.processors.setdefault(shard, []).append(Processor(worker, at))

    def processor(self, shard, worker):
        """The last processor of a worker for a shard. It may have been replaced without knowing."""
        for p in reversed(self.processors.get(shard, [])):
            if p.worker == worker:
                return p
        self.fail(worker, "has not begun with", shard)

    def tell(self, verb, shard, worker, *rest):
        if verb == "trouble":
            print(f"     {self.application}: trouble of {worker} with {shard}:", *rest, flush=True)
            return
        p = self.batch = self.processor(shard, worker)
        if verb in ("checkpoint", "asked"):
            p.open = 0
            self.safe[shard] = max(self.safe.get(shard, NOWHERE), p.at)
        if verb == "end":
            self.ended[shard] = worker
        if verb in ("asked", "lost", "end"):
            setattr(p, verb, True)

    def record(self, shard, sequence, sub, key, data):
        p, place, n = self.batch, (int(sequence), int(sub)), int(data)
        if place <= p.at or p.asked:
            self.fail(p.worker, "is given", key, data, "at", place, "of", shard, "after", p.at, "asked:", p.asked)
        p.at = place
        p.open += 1
        if place <= self.high.get(shard, NOWHERE):
            self.again += 1
            return
        self.high[shard] = place
        if hash_key(key) not in self.ranges[shard]:
            self.foreign += 1
            if p.worker.startswith("go"):
                self.fail(p.worker, "is given", key, data, "at", place, "of", shard, "which does not own it")
            return
        prefix, number = key.rsplit("-", 1)
        last, newest = self.last.get(key, (NOWHERE, -1))
        counts = self.counts.setdefault(prefix, bytearray())
        if n >= len(counts):
            counts.extend(bytes(n + 1 - len(counts)))
        if place <= last or int(number) != n % KEYS or prefix == self.ordered and n < newest and not counts[n]:
            self.fail(key, data, "at", place, "comes after", newest, "at", last)
        self.last[key] = place, max(n, newest)
        counts[n] = min(counts[n] + 1, 255)

    def asked(self, worker):
        """How many shards a worker was asked to give up."""
        return sum(p.asked for ps in self.processors.values() for p in ps if p.worker == worker)

    def processed(self, prefix):
        """How many of the records of a prefix were processed."""
        counts = self.counts.get(prefix, b"")
        return len(counts) - counts.count(0)

    def verify(self, want):
        """Holds what was said against what was put: how many records of each prefix."""
        same(f"{self.application}: records", {prefix: self.processed(prefix) for prefix in self.counts}, want)
        same(f"{self.application}: last of them", {prefix: len(counts) for prefix, counts in self.counts.items()}, want)
        replaced = [p for ps in self.processors.values() for p in ps[:-1]]
        lapsed = [p for p in replaced if not p.asked and not p.killed]
        true(f"{self.application}: who was replaced was asked, was killed or knows that it lost the lease", all(p.lost for p in lapsed))
        true(f"{self.application}: {self.again} records came again", self.again <= self.open + sum(p.open for p in lapsed))
        twice = sum(sum(counts) - len(counts) for counts in self.counts.values())
        print(
            f"ok   {self.application}: {sum(want.values())} records, put again {twice}, processed again {self.again} of {self.open};",
            f"foreign {self.foreign}; {len(replaced)} shards changed hands: asked for {sum(p.asked for p in replaced)}, lapsed {len(lapsed)}",
            flush=True,
        )


def describe(stream, name):
    """What there is to know about a shard."""
    for s in kinesis.list_shards(StreamName=stream)["Shards"]:
        if s["ShardId"] == name:
            return s
    raise SystemExit(f"FAIL {stream} has no {name}")


@functools.cache
def hash_key(key):
    return int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
