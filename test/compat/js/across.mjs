// Creates the stream that its argument names, subscribes to it and prints
// "subscribed", then of the first record sequence number, arrival in
// milliseconds, key and data.
import { Kinesis, waitUntilStreamExists } from "@aws-sdk/client-kinesis";

const [, , stream] = process.argv;
const kinesis = new Kinesis();
await kinesis.createStream({ StreamName: stream, ShardCount: 1 });
await waitUntilStreamExists({ client: kinesis, maxWaitTime: 60, minDelay: 1 }, { StreamName: stream });
const { StreamDescriptionSummary } = await kinesis.describeStreamSummary({ StreamName: stream });
const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN: StreamDescriptionSummary.StreamARN, ConsumerName: "across" });
const { EventStream } = await kinesis.subscribeToShard({
  ConsumerARN: Consumer.ConsumerARN,
  ShardId: "shardId-000000000000",
  StartingPosition: { Type: "LATEST" },
});
console.log("subscribed");
for await (const { SubscribeToShardEvent: event } of EventStream) {
  if (!event.Records.length) continue;
  const [r] = event.Records;
  console.log(r.SequenceNumber, r.ApproximateArrivalTimestamp.getTime(), r.PartitionKey, Buffer.from(r.Data).toString("hex"));
  break;
}
process.exit(); // the subscription would go on for five minutes
