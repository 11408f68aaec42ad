//! The story of test/compat/README.md with the SDK for Rust.

mod kit;
mod push;
mod put;
mod read;

use aws_sdk_kinesis::config::{retry::RetryConfig, BehaviorVersion, Credentials, Region};
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::types::{ShardIteratorType, StreamDescriptionSummary, StreamStatus};
use aws_sdk_kinesis::{client::Waiters, Client};
use kit::{env, must, refused, same, shard};
use std::time::Duration;

pub const STREAM: &str = "rust";
pub const LIMITED: &str = "rust-limited";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = client(RetryConfig::standard());
    let arn = create(&client).await;
    put::numbers(&client).await;
    put::limited(&client, &self::client(RetryConfig::disabled())).await;
    read::page(&client).await;
    read::all(&client).await;
    let consumer = push::play(&client, &arn).await;
    expire(&client).await;
    remove(&client, &consumer).await;
}

/// The SDK with an HTTP client that knows no TLS.
fn client(retries: RetryConfig) -> Client {
    let config = aws_sdk_kinesis::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(env("AWS_ENDPOINT_URL"))
        .region(Region::new(env("AWS_REGION")))
        .credentials_provider(Credentials::new(
            env("AWS_ACCESS_KEY_ID"),
            env("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "environment",
        ))
        .retry_config(retries)
        .build();
    Client::from_conf(config)
}

async fn create(client: &Client) -> String {
    let missing = client
        .describe_stream_summary()
        .stream_name(STREAM)
        .send()
        .await;
    refused("ResourceNotFoundException", missing, |e| {
        e.is_resource_not_found_exception()
    });
    must(
        client
            .create_stream()
            .stream_name(STREAM)
            .shard_count(2)
            .send()
            .await,
    );
    wait(client, STREAM).await;
    let summary = summary(client).await;
    same("status", summary.stream_status(), &StreamStatus::Active);
    same("open shards", summary.open_shard_count(), 2);
    let again = client
        .create_stream()
        .stream_name(STREAM)
        .shard_count(1)
        .send()
        .await;
    refused("ResourceInUseException", again, |e| {
        e.is_resource_in_use_exception()
    });
    let nameless = client
        .create_stream()
        .stream_name("not a name")
        .shard_count(1)
        .send()
        .await;
    // CreateStream's own list of errors has none for this one.
    refused("ValidationException", nameless, |e| {
        e.code() == Some("ValidationException")
    });
    summary.stream_arn().to_string()
}

async fn summary(client: &Client) -> StreamDescriptionSummary {
    must(
        client
            .describe_stream_summary()
            .stream_name(STREAM)
            .send()
            .await,
    )
    .stream_description_summary
    .unwrap()
}

pub async fn wait(client: &Client, name: &str) {
    must(
        client
            .wait_until_stream_exists()
            .stream_name(name)
            .wait(Duration::from_secs(60))
            .await,
    );
}

async fn expire(client: &Client) {
    let old = read::iterator(client, &shard(0), ShardIteratorType::TrimHorizon, None).await;
    kit::advance(6);
    let expired = client.get_records().shard_iterator(old).send().await;
    refused("ExpiredIteratorException", expired, |e| {
        e.is_expired_iterator_exception()
    });
    let nonsense = client.get_records().shard_iterator("nonsense").send().await;
    refused("InvalidArgumentException", nonsense, |e| {
        e.is_invalid_argument_exception()
    });
}

async fn remove(client: &Client, consumer: &str) {
    must(
        client
            .deregister_stream_consumer()
            .consumer_arn(consumer)
            .send()
            .await,
    );
    let gone = client
        .describe_stream_consumer()
        .consumer_arn(consumer)
        .send()
        .await;
    refused("ResourceNotFoundException", gone, |e| {
        e.is_resource_not_found_exception()
    });
    for name in [STREAM, LIMITED] {
        must(client.delete_stream().stream_name(name).send().await);
        must(
            client
                .wait_until_stream_not_exists()
                .stream_name(name)
                .wait(Duration::from_secs(60))
                .await,
        );
        let gone = client
            .describe_stream_summary()
            .stream_name(name)
            .send()
            .await;
        refused("ResourceNotFoundException", gone, |e| {
            e.is_resource_not_found_exception()
        });
    }
}
