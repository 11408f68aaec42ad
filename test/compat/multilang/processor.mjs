#!/usr/bin/env node
// A record processor on aws-kcl, which says what it does at the end of the file COMPAT_SAYS.

import { openSync, writeSync } from "node:fs";
import kcl from "aws-kcl";

const says = openSync(process.env.COMPAT_SAYS, "a");
// With one call of the system, for other processes append to the same file.
const say = (lines) => writeSync(says, lines);

class Processor {
  initialize(begin, done) {
    this.shard = begin.shardId;
    say(`begin ${this.shard}\n`);
    done();
  }

  processRecords(batch, done) {
    say(
      batch.records
        .map((r) => `record ${this.shard} ${r.sequenceNumber} ${r.subSequenceNumber} ${r.partitionKey} ${Buffer.from(r.data, "base64")}\n`)
        .join(""),
    );
    batch.checkpointer.checkpoint(done);
  }

  leaseLost(_, done) {
    say(`lost ${this.shard}\n`);
    done();
  }

  shardEnded(end, done) {
    say(`end ${this.shard}\n`); // before the checkpoint, after which the children may begin
    end.checkpointer.checkpoint(done);
  }

  shutdownRequested(request, done) {
    request.checkpointer.checkpoint(done);
  }
}

kcl(new Processor()).run();
