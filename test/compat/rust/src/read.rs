use crate::kit::{blob, fail, must, same, shard};
use crate::{LIMITED, STREAM};
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{ChildShard, Record, ShardFilter, ShardFilterType, ShardIteratorType};
use aws_sdk_kinesis::Client;
use std::collections::{HashSet, VecDeque};

pub async fn page(client: &Client) {
    let mut names: Vec<String> = vec![];
    let mut pages = client.list_streams().limit(1).into_paginator().send();
    while let Some(page) = pages.next().await {
        names.extend(must(page).stream_names);
    }
    names.retain(|name| name.starts_with(STREAM));
    same("streams page by page", names, [STREAM, LIMITED]);

    let mut shards: Vec<String> = vec![];
    let mut next = Some(client.list_shards().stream_name(STREAM));
    while let Some(call) = next {
        let page = must(call.max_results(1).send().await);
        same("shards of a page", page.shards().len(), 1);
        shards.extend(page.shards().iter().map(|s| s.shard_id().to_string()));
        next = page
            .next_token
            .map(|token| client.list_shards().next_token(token));
    }
    same("shards page by page", shards, five_shards());
}

fn five_shards() -> Vec<String> {
    (0..5).map(shard).collect()
}

pub async fn all(client: &Client) {
    let (records, ended) = follow(client).await;
    same("shards in order", ended, five_shards());
    same("blob", values(&records, "schlüssel"), [&blob()[..]]);
    for key in 0..10 {
        let want: Vec<_> = (key..900)
            .step_by(10)
            .map(|i| i.to_string().into_bytes())
            .collect();
        same(
            &format!("order of key-{key}"),
            values(&records, &format!("key-{key}")),
            want,
        );
    }
    let middle = records
        .iter()
        .find(|r| r.data().as_ref() == b"300")
        .unwrap();
    let arrival = middle.approximate_arrival_timestamp().copied();
    let at = iterator(client, &shard(2), ShardIteratorType::AtTimestamp, arrival).await;
    same(
        "at timestamp",
        must(client.get_records().shard_iterator(at).send().await)
            .records()
            .len(),
        300,
    );
}

fn values<'a>(records: &'a [Record], key: &str) -> Vec<&'a [u8]> {
    records
        .iter()
        .filter(|r| r.partition_key() == Some(key))
        .map(|r| r.data().as_ref())
        .collect()
}

pub async fn iterator(
    client: &Client,
    shard: &str,
    position: ShardIteratorType,
    at: Option<DateTime>,
) -> String {
    let call = client
        .get_shard_iterator()
        .stream_name(STREAM)
        .shard_id(shard);
    must(
        call.shard_iterator_type(position)
            .set_timestamp(at)
            .send()
            .await,
    )
    .shard_iterator
    .unwrap()
}

/// Reads the whole stream, parents before children, and returns its records
/// and its shards in the order in which their ends were reached.
async fn follow(client: &Client) -> (Vec<Record>, Vec<String>) {
    let oldest = must(
        ShardFilter::builder()
            .r#type(ShardFilterType::AtTrimHorizon)
            .build(),
    );
    let shards = must(
        client
            .list_shards()
            .stream_name(STREAM)
            .shard_filter(oldest)
            .send()
            .await,
    );
    let mut ready: VecDeque<String> = shards
        .shards()
        .iter()
        .map(|s| s.shard_id().to_string())
        .collect();
    let (mut records, mut ended, mut started) = (vec![], vec![], HashSet::new());
    while let Some(shard) = ready.pop_front() {
        let children = read_shard(client, &shard, &mut records).await;
        started.insert(shard.clone());
        ended.push(shard);
        for child in children {
            if !started.contains(child.shard_id())
                && child.parent_shards().iter().all(|p| ended.contains(p))
            {
                ready.push_back(child.shard_id().to_string());
            }
        }
    }
    (records, ended)
}

/// Reads a shard from its start to its end, or to its tip.
async fn read_shard(client: &Client, shard: &str, records: &mut Vec<Record>) -> Vec<ChildShard> {
    let mut at = iterator(client, shard, ShardIteratorType::TrimHorizon, None).await;
    loop {
        let page = must(
            client
                .get_records()
                .shard_iterator(at)
                .limit(100)
                .send()
                .await,
        );
        let tip = page.records().is_empty() && page.millis_behind_latest() == Some(0);
        records.extend(page.records);
        let children = page.child_shards.unwrap_or_default();
        if page.next_shard_iterator.is_none() == children.is_empty() {
            fail(format!(
                "{shard}: iterator {:?} beside the children {children:?}",
                page.next_shard_iterator
            ));
        }
        match page.next_shard_iterator {
            Some(next) if !tip => at = next,
            _ => return children,
        }
    }
}
