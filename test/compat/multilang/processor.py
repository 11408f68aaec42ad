#!/usr/bin/env python3
"""A record processor on amazon_kclpy, which says what it does at the end of the file COMPAT_SAYS."""

import os

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor

says = os.open(os.environ["COMPAT_SAYS"], os.O_WRONLY | os.O_APPEND)


def say(lines):
    # With one call of the system, for other processes append to the same file.
    os.write(says, lines.encode())


class Processor(processor.RecordProcessorBase):
    def initialize(self, begin):
        self.shard = begin.shard_id
        say(f"begin {self.shard}\n")

    def process_records(self, batch):
        say("".join(
            f"record {self.shard} {r.sequence_number} {r.sub_sequence_number} {r.partition_key} {r.binary_data.decode()}\n"
            for r in batch.records
        ))  # fmt: skip
        batch.checkpointer.checkpoint()

    def lease_lost(self, _):
        say(f"lost {self.shard}\n")

    def shard_ended(self, end):
        say(f"end {self.shard}\n")  # before the checkpoint, after which the children may begin
        end.checkpointer.checkpoint()

    def shutdown_requested(self, request):
        request.checkpointer.checkpoint()


kcl.KCLProcess(Processor()).run()
