// The story of test/compat/README.md with the SDK for JavaScript v3, whose
// Kinesis client speaks HTTP/2 from the first byte.
import { createHash } from "node:crypto";
import {
  ExpiredIteratorException,
  InvalidArgumentException,
  Kinesis,
  paginateListStreams,
  ProvisionedThroughputExceededException,
  ResourceInUseException,
  ResourceNotFoundException,
  ValidationException,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { advance, refused, same, utf8 } from "./kit.mjs";

const stream = "js";
const limitedStream = "js-limited";
const otherEnd = String(2n ** 128n - 1n);
const kinesis = new Kinesis();

const shardId = (n) => `shardId-00000000000${n}`;
const blob = Uint8Array.from({ length: 256 }, (_, i) => i);
const exists = (name) => waitUntilStreamExists({ client: kinesis, maxWaitTime: 60, minDelay: 1 }, { StreamName: name });
const gone = (name) => waitUntilStreamNotExists({ client: kinesis, maxWaitTime: 60, minDelay: 1 }, { StreamName: name });

async function create() {
  await refused(ResourceNotFoundException, kinesis.describeStreamSummary({ StreamName: stream }));
  await kinesis.createStream({ StreamName: stream, ShardCount: 2 });
  await exists(stream);
  const { StreamDescriptionSummary: summary } = await kinesis.describeStreamSummary({ StreamName: stream });
  same("status", summary.StreamStatus, "ACTIVE");
  same("open shards", summary.OpenShardCount, 2);
  await refused(ResourceInUseException, kinesis.createStream({ StreamName: stream, ShardCount: 1 }));
  await refused(ValidationException, kinesis.createStream({ StreamName: "not a name", ShardCount: 1 }));
  return summary.StreamARN;
}

async function put() {
  const key = "schlüssel";
  const out = await kinesis.putRecord({ StreamName: stream, Data: blob, PartitionKey: key });
  same("route", out.ShardId, shardId(createHash("md5").update(key).digest()[0] >> 7));
  same("sequence number", out.SequenceNumber.length, 56);
  await putNumbers(0);
  await kinesis.mergeShards({ StreamName: stream, ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) });
  await exists(stream);
  await putNumbers(300);
  await kinesis.splitShard({ StreamName: stream, ShardToSplit: shardId(2), NewStartingHashKey: String(2n ** 127n) });
  await exists(stream);
  await putNumbers(600);
}

async function putNumbers(first) {
  const out = await kinesis.putRecords({
    StreamName: stream,
    Records: Array.from({ length: 300 }, (_, i) => ({
      Data: Buffer.from(String(first + i)),
      PartitionKey: `key-${(first + i) % 10}`,
    })),
  });
  same(`batch from ${first}`, out.FailedRecordCount, 0);
}

async function limited() {
  await kinesis.createStream({ StreamName: limitedStream, ShardCount: 1, Tags: { "leat:limits": "aws" } });
  await exists(limitedStream);
  const out = await kinesis.putRecords({
    StreamName: limitedStream,
    Records: Array(10).fill({ Data: new Uint8Array(200_000), PartitionKey: "k" }),
  });
  const failed = out.Records.filter((r) => r.ErrorCode);
  same("partial failure", [failed.length > 0 && failed.length < 10, out.FailedRecordCount], [true, failed.length]);
  same("codes", [...new Set(failed.map((r) => r.ErrorCode))], ["ProvisionedThroughputExceededException"]);
  same("the others", out.Records.filter((r) => r.SequenceNumber).length, 10 - failed.length);
  const hasty = new Kinesis({ maxAttempts: 1 });
  await refused(ProvisionedThroughputExceededException, putOften(hasty));
  hasty.destroy();
}

async function putOften(client) {
  for (let i = 0; i < 20; i++) {
    await client.putRecord({ StreamName: limitedStream, Data: new Uint8Array(900_000), PartitionKey: "k" });
  }
}

async function page() {
  const names = [];
  for await (const answer of paginateListStreams({ client: kinesis, pageSize: 1 }, {})) names.push(...answer.StreamNames);
  same("streams page by page", names.filter((n) => n.startsWith(stream)), [stream, limitedStream]);
  const pages = [];
  for (let position = { StreamName: stream }; position; ) {
    const answer = await kinesis.listShards({ MaxResults: 1, ...position });
    pages.push(answer.Shards.map((s) => s.ShardId));
    position = answer.NextToken && { NextToken: answer.NextToken };
  }
  same("shards page by page", pages, [0, 1, 2, 3, 4].map((i) => [shardId(i)]));
}

async function read() {
  const { records, ended } = await follow();
  same("shards in order", ended, [0, 1, 2, 3, 4].map(shardId));
  same("blob", records.filter((r) => r.PartitionKey === "schlüssel").map((r) => [...r.Data]), [[...blob]]);
  for (let key = 0; key < 10; key++) {
    const values = records.filter((r) => r.PartitionKey === `key-${key}`).map((r) => Number(utf8(r.Data)));
    same(`order of key-${key}`, values, Array.from({ length: 90 }, (_, i) => key + 10 * i));
  }
  const middle = records.find((r) => utf8(r.Data) === "300");
  const at = await iterator(shardId(2), "AT_TIMESTAMP", { Timestamp: middle.ApproximateArrivalTimestamp });
  same("at timestamp", (await kinesis.getRecords({ ShardIterator: at })).Records.length, 300);
}

async function iterator(shard, type, position) {
  const out = await kinesis.getShardIterator({ StreamName: stream, ShardId: shard, ShardIteratorType: type, ...position });
  return out.ShardIterator;
}

// follow reads the whole stream, parents before children, and returns its
// records and its shards in the order in which their ends were reached.
async function follow() {
  const records = [];
  const ended = [];
  const started = new Set();
  const { Shards } = await kinesis.listShards({ StreamName: stream, ShardFilter: { Type: "AT_TRIM_HORIZON" } });
  for (const ready = Shards.map((s) => s.ShardId); ready.length; ) {
    const shard = ready.shift();
    started.add(shard);
    for (let it = await iterator(shard, "TRIM_HORIZON"); it; ) {
      const { Records, NextShardIterator, ChildShards = [], MillisBehindLatest } = await kinesis.getRecords({ ShardIterator: it, Limit: 100 });
      records.push(...Records);
      if (!NextShardIterator !== ChildShards.length > 0) same(`${shard}: children at the end alone`, [NextShardIterator, ChildShards], "either");
      if (NextShardIterator && !Records.length && MillisBehindLatest === 0) break;
      it = NextShardIterator;
      const parentsRead = (c) => c.ParentShards.every((p) => p === shard || ended.includes(p));
      ready.push(...ChildShards.filter((c) => !started.has(c.ShardId) && parentsRead(c)).map((c) => c.ShardId));
    }
    ended.push(shard);
  }
  return { records, ended };
}

async function push(arn) {
  const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN: arn, ConsumerName: "reader" });
  const consumer = Consumer.ConsumerARN;
  const { Consumers } = await kinesis.listStreamConsumers({ StreamARN: arn });
  same("consumers", Consumers.map((c) => c.ConsumerName), ["reader"]);
  const { ConsumerDescription } = await kinesis.describeStreamConsumer({ ConsumerARN: consumer });
  same("consumer", ConsumerDescription.ConsumerStatus, "ACTIVE");
  await refused(ResourceInUseException, kinesis.registerStreamConsumer({ StreamARN: arn, ConsumerName: "reader" }));

  const subscribe = async (position) =>
    (await kinesis.subscribeToShard({ ConsumerARN: consumer, ShardId: shardId(4), StartingPosition: position })).EventStream;
  const putLast = (text) =>
    kinesis.putRecord({ StreamName: stream, Data: Buffer.from(text), PartitionKey: "k", ExplicitHashKey: otherEnd });

  let last;
  let pushed = [];
  let advanced = false;
  const events = await subscribe({ Type: "LATEST" });
  await putLast("one");
  for await (const event of events) {
    last = event.SubscribeToShardEvent;
    pushed.push(...last.Records.map((r) => utf8(r.Data)));
    if (pushed.length && !advanced) {
      advanced = true;
      await advance(5);
    }
  }
  same("pushed until the session's end", pushed, ["one"]);
  await putLast("two");
  pushed = [];
  for await (const event of await subscribe({ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: last.ContinuationSequenceNumber })) {
    last = event.SubscribeToShardEvent;
    if (!pushed.length && last.Records.length) {
      await putLast("three");
      await kinesis.splitShard({ StreamName: stream, ShardToSplit: shardId(4), NewStartingHashKey: String(3n * 2n ** 126n) });
    }
    pushed.push(...last.Records.map((r) => utf8(r.Data)));
  }
  same("pushed until the shard's end", pushed, ["two", "three"]);
  same("no continuation", last.ContinuationSequenceNumber, undefined);
  same("children", last.ChildShards.map((c) => c.ShardId), [shardId(5), shardId(6)]);
  return consumer;
}

async function expire() {
  const old = await iterator(shardId(0), "TRIM_HORIZON");
  await advance(6);
  await refused(ExpiredIteratorException, kinesis.getRecords({ ShardIterator: old }));
  await refused(InvalidArgumentException, kinesis.getRecords({ ShardIterator: "nonsense" }));
}

async function remove(consumer) {
  await kinesis.deregisterStreamConsumer({ ConsumerARN: consumer });
  await refused(ResourceNotFoundException, kinesis.describeStreamConsumer({ ConsumerARN: consumer }));
  for (const name of [stream, limitedStream]) {
    await kinesis.deleteStream({ StreamName: name });
    await gone(name);
    await refused(ResourceNotFoundException, kinesis.describeStreamSummary({ StreamName: name }));
  }
}

const arn = await create();
await put();
await limited();
await page();
await read();
const consumer = await push(arn);
await expire();
await remove(consumer);
kinesis.destroy();
