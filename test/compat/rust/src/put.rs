use crate::kit::{blob, must, refused, same, shard};
use crate::{wait, LIMITED, STREAM};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_sdk_kinesis::Client;

pub async fn numbers(client: &Client) {
    // The MD5 of the key is 2686b00b..., in the lower half.
    let put = client
        .put_record()
        .stream_name(STREAM)
        .data(Blob::new(blob()))
        .partition_key("schlüssel");
    let out = must(put.send().await);
    same("route", out.shard_id(), shard(0));
    same("sequence number", out.sequence_number().len(), 56);
    batch(client, 0).await;
    must(
        client
            .merge_shards()
            .stream_name(STREAM)
            .shard_to_merge(shard(0))
            .adjacent_shard_to_merge(shard(1))
            .send()
            .await,
    );
    wait(client, STREAM).await;
    batch(client, 300).await;
    split(client, 2, "170141183460469231731687303715884105728").await;
    wait(client, STREAM).await;
    batch(client, 600).await;
}

async fn batch(client: &Client, first: usize) {
    let entries = (first..first + 300)
        .map(|i| entry(i.to_string().into_bytes(), format!("key-{}", i % 10)))
        .collect();
    let out = must(
        client
            .put_records()
            .stream_name(STREAM)
            .set_records(Some(entries))
            .send()
            .await,
    );
    same(
        &format!("batch from {first}"),
        out.failed_record_count(),
        Some(0),
    );
}

fn entry(data: Vec<u8>, key: String) -> PutRecordsRequestEntry {
    must(
        PutRecordsRequestEntry::builder()
            .data(Blob::new(data))
            .partition_key(key)
            .build(),
    )
}

pub async fn split(client: &Client, parent: usize, at: &str) {
    must(
        client
            .split_shard()
            .stream_name(STREAM)
            .shard_to_split(shard(parent))
            .new_starting_hash_key(at)
            .send()
            .await,
    );
}

/// hasty never tries again.
pub async fn limited(client: &Client, hasty: &Client) {
    must(
        client
            .create_stream()
            .stream_name(LIMITED)
            .shard_count(1)
            .tags("leat:limits", "aws")
            .send()
            .await,
    );
    wait(client, LIMITED).await;
    let entries = (0..10)
        .map(|_| entry(vec![0; 200_000], "k".to_string()))
        .collect();
    let out = must(
        client
            .put_records()
            .stream_name(LIMITED)
            .set_records(Some(entries))
            .send()
            .await,
    );
    let codes: Vec<_> = out
        .records()
        .iter()
        .filter_map(|r| r.error_code())
        .collect();
    same(
        "failed records",
        out.failed_record_count(),
        Some(codes.len() as i32),
    );
    same(
        "partial failure",
        !codes.is_empty() && codes.len() < 10,
        true,
    );
    same(
        "codes",
        codes
            .iter()
            .all(|c| *c == "ProvisionedThroughputExceededException"),
        true,
    );
    let stored = out
        .records()
        .iter()
        .filter(|r| r.sequence_number().is_some())
        .count();
    same("the others", stored, 10 - codes.len());

    let mut last = Ok(());
    for _ in 0..20 {
        let put = hasty
            .put_record()
            .stream_name(LIMITED)
            .data(Blob::new(vec![0; 900_000]))
            .partition_key("k");
        last = put.send().await.map(|_| ());
        if last.is_err() {
            break;
        }
    }
    refused("ProvisionedThroughputExceededException", last, |e| {
        e.is_provisioned_throughput_exceeded_exception()
    });
}
