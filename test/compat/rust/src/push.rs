use crate::kit::{advance, must, refused, same, shard};
use crate::{put, STREAM};
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{
    ConsumerStatus, ShardIteratorType, StartingPosition, SubscribeToShardEvent,
    SubscribeToShardEventStream,
};
use aws_sdk_kinesis::Client;

/// Returns the consumer's ARN.
pub async fn play(client: &Client, arn: &str) -> String {
    let consumer = register(client, arn).await;

    let mut events = subscribe(client, &consumer, ShardIteratorType::Latest, None).await;
    put_last(client, "one").await;
    let mut heard = Heard::default();
    while heard.next(&mut events).await {
        if heard.first() {
            advance(5);
        }
    }
    same("pushed until the session's end", &heard.pushed[..], ["one"]);

    put_last(client, "two").await;
    let next = heard.last.unwrap().continuation_sequence_number;
    let mut events = subscribe(
        client,
        &consumer,
        ShardIteratorType::AfterSequenceNumber,
        Some(next),
    )
    .await;
    let mut heard = Heard::default();
    while heard.next(&mut events).await {
        if heard.first() {
            put_last(client, "three").await;
            put::split(client, 4, "255211775190703847597530955573826158592").await;
        }
    }
    same(
        "pushed until the shard's end",
        &heard.pushed[..],
        ["two", "three"],
    );
    let last = heard.last.unwrap();
    // The SDK for Rust reads the missing member as "".
    same("no continuation", last.continuation_sequence_number(), "");
    let children: Vec<_> = last.child_shards().iter().map(|c| c.shard_id()).collect();
    same("children", children, [shard(5), shard(6)]);
    consumer
}

async fn register(client: &Client, arn: &str) -> String {
    let register = client
        .register_stream_consumer()
        .stream_arn(arn)
        .consumer_name("reader");
    let consumer = must(register.clone().send().await)
        .consumer
        .unwrap()
        .consumer_arn;
    let listed = must(client.list_stream_consumers().stream_arn(arn).send().await);
    let names: Vec<_> = listed
        .consumers()
        .iter()
        .map(|c| c.consumer_name())
        .collect();
    same("consumers", names, ["reader"]);
    let described = must(
        client
            .describe_stream_consumer()
            .consumer_arn(&consumer)
            .send()
            .await,
    );
    same(
        "consumer",
        described.consumer_description.unwrap().consumer_status,
        ConsumerStatus::Active,
    );
    refused("ResourceInUseException", register.send().await, |e| {
        e.is_resource_in_use_exception()
    });
    consumer
}

async fn subscribe(
    client: &Client,
    consumer: &str,
    position: ShardIteratorType,
    after: Option<String>,
) -> SubscribeToShardOutput {
    let from = must(
        StartingPosition::builder()
            .r#type(position)
            .set_sequence_number(after)
            .build(),
    );
    let call = client
        .subscribe_to_shard()
        .consumer_arn(consumer)
        .shard_id(shard(4));
    must(call.starting_position(from).send().await)
}

async fn put_last(client: &Client, text: &str) {
    let put = client
        .put_record()
        .stream_name(STREAM)
        .data(Blob::new(text))
        .partition_key("k");
    must(
        put.explicit_hash_key("340282366920938463463374607431768211455")
            .send()
            .await,
    );
}

/// What a subscription has brought.
#[derive(Default)]
struct Heard {
    pushed: Vec<String>,
    last: Option<SubscribeToShardEvent>,
    fresh: bool,
}

impl Heard {
    /// Waits for the next event; false at the subscription's end.
    async fn next(&mut self, events: &mut SubscribeToShardOutput) -> bool {
        let Some(event) = must(events.event_stream.recv().await) else {
            return false;
        };
        if let SubscribeToShardEventStream::SubscribeToShardEvent(event) = event {
            self.fresh = self.pushed.is_empty() && !event.records().is_empty();
            self.pushed.extend(
                event
                    .records()
                    .iter()
                    .map(|r| String::from_utf8_lossy(r.data().as_ref()).into_owned()),
            );
            self.last = Some(event);
        }
        true
    }

    /// Whether the latest event brought the first records.
    fn first(&self) -> bool {
        self.fresh
    }
}
