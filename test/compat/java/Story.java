import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.waiters.KinesisWaiter;

/** The story of test/compat/README.md with the SDK for Java v2, but for the pushes: the synchronous client has none. */
final class Story {
    private final String stream;
    private final String limited;
    private final KinesisClient kinesis;
    private final KinesisClient hasty;
    private final KinesisWaiter waiter;

    /** hasty is a client that never tries again. */
    Story(String stream, KinesisClient kinesis, KinesisClient hasty) {
        this.stream = stream;
        this.limited = stream + "-limited";
        this.kinesis = kinesis;
        this.hasty = hasty;
        this.waiter = KinesisWaiter.builder().client(kinesis)
                .overrideConfiguration(o -> o.maxAttempts(60).backoffStrategyV2(attempt -> Duration.ofSeconds(1))).build();
    }

    /** Ends with the streams still there. Returns the stream's ARN. */
    String begin() throws Exception {
        String arn = create();
        put();
        limited();
        page();
        read();
        return arn;
    }

    void end() throws Exception {
        String old = iterator(0, b -> b.shardIteratorType(ShardIteratorType.TRIM_HORIZON));
        Kit.advance(6);
        Kit.refused(ExpiredIteratorException.class, () -> kinesis.getRecords(r -> r.shardIterator(old)));
        Kit.refused(InvalidArgumentException.class, () -> kinesis.getRecords(r -> r.shardIterator("nonsense")));
        for (String name : List.of(stream, limited)) {
            kinesis.deleteStream(r -> r.streamName(name));
            waiter.waitUntilStreamNotExists(r -> r.streamName(name));
            Kit.refused(ResourceNotFoundException.class, () -> kinesis.describeStreamSummary(r -> r.streamName(name)));
        }
    }

    /** Registers a consumer and returns its ARN. */
    String register(String arn) throws Exception {
        String consumer = kinesis.registerStreamConsumer(r -> r.streamARN(arn).consumerName("reader")).consumer().consumerARN();
        List<Consumer> consumers = kinesis.listStreamConsumers(r -> r.streamARN(arn)).consumers();
        Kit.same("consumers", consumers.stream().map(Consumer::consumerName).collect(Collectors.toList()), List.of("reader"));
        ConsumerDescription described = kinesis.describeStreamConsumer(r -> r.consumerARN(consumer)).consumerDescription();
        Kit.same("consumer", described.consumerStatus(), ConsumerStatus.ACTIVE);
        Kit.refused(ResourceInUseException.class, () -> kinesis.registerStreamConsumer(r -> r.streamARN(arn).consumerName("reader")));
        return consumer;
    }

    void deregister(String consumer) throws Exception {
        kinesis.deregisterStreamConsumer(r -> r.consumerARN(consumer));
        Kit.refused(ResourceNotFoundException.class, () -> kinesis.describeStreamConsumer(r -> r.consumerARN(consumer)));
    }

    private String create() throws Exception {
        Kit.refused(ResourceNotFoundException.class, () -> kinesis.describeStreamSummary(r -> r.streamName(stream)));
        kinesis.createStream(r -> r.streamName(stream).shardCount(2));
        waitFor(stream);
        StreamDescriptionSummary summary = kinesis.describeStreamSummary(r -> r.streamName(stream)).streamDescriptionSummary();
        Kit.same("status", summary.streamStatus(), StreamStatus.ACTIVE);
        Kit.same("open shards", summary.openShardCount(), 2);
        Kit.refused(ResourceInUseException.class, () -> kinesis.createStream(r -> r.streamName(stream).shardCount(1)));
        Kit.refused(ValidationException.class, () -> kinesis.createStream(r -> r.streamName("not a name").shardCount(1)));
        return summary.streamARN();
    }

    private void waitFor(String name) {
        waiter.waitUntilStreamExists(r -> r.streamName(name));
    }

    private void put() throws Exception {
        String key = "schlüssel";
        PutRecordResponse out = kinesis.putRecord(r -> r.streamName(stream).data(SdkBytes.fromByteArray(Kit.blob())).partitionKey(key));
        byte[] hash = MessageDigest.getInstance("MD5").digest(Kit.bytes(key));
        Kit.same("route", out.shardId(), Kit.shard(hash[0] < 0 ? 1 : 0));
        Kit.same("sequence number", out.sequenceNumber().length(), 56);
        putNumbers(0);
        kinesis.mergeShards(r -> r.streamName(stream).shardToMerge(Kit.shard(0)).adjacentShardToMerge(Kit.shard(1)));
        waitFor(stream);
        putNumbers(300);
        split(2, Kit.HALF);
        waitFor(stream);
        putNumbers(600);
    }

    private void putNumbers(int first) {
        List<PutRecordsRequestEntry> entries = IntStream.range(first, first + 300)
                .mapToObj(i -> PutRecordsRequestEntry.builder()
                        .data(SdkBytes.fromByteArray(Kit.bytes(i))).partitionKey("key-" + i % 10).build())
                .collect(Collectors.toList());
        Kit.same("batch from " + first, kinesis.putRecords(r -> r.streamName(stream).records(entries)).failedRecordCount(), 0);
    }

    void split(int shard, String at) {
        kinesis.splitShard(r -> r.streamName(stream).shardToSplit(Kit.shard(shard)).newStartingHashKey(at));
    }

    void putLast(String text) {
        kinesis.putRecord(r -> r.streamName(stream).data(SdkBytes.fromUtf8String(text)).partitionKey("k").explicitHashKey(Kit.OTHER_END));
    }

    private void limited() throws Exception {
        kinesis.createStream(r -> r.streamName(limited).shardCount(1).tags(Map.of("leat:limits", "aws")));
        waitFor(limited);
        List<PutRecordsRequestEntry> entries = IntStream.range(0, 10)
                .mapToObj(i -> PutRecordsRequestEntry.builder()
                        .data(SdkBytes.fromByteArray(new byte[200_000])).partitionKey("k").build())
                .collect(Collectors.toList());
        PutRecordsResponse out = kinesis.putRecords(r -> r.streamName(limited).records(entries));
        List<String> codes = out.records().stream().map(PutRecordsResultEntry::errorCode).filter(c -> c != null).collect(Collectors.toList());
        Kit.same("failed records", out.failedRecordCount(), codes.size());
        Kit.same("partial failure", codes.size() > 0 && codes.size() < 10, true);
        Kit.same("codes", new HashSet<>(codes), Set.of("ProvisionedThroughputExceededException"));
        Kit.same("the others", out.records().stream().filter(r -> r.sequenceNumber() != null).count(), 10L - codes.size());
        Kit.refused(ProvisionedThroughputExceededException.class, () -> {
            for (int i = 0; i < 20; i++) {
                hasty.putRecord(r -> r.streamName(limited).data(SdkBytes.fromByteArray(new byte[900_000])).partitionKey("k"));
            }
            return null;
        });
    }

    private void page() {
        List<String> names = new ArrayList<>();
        ListStreamsResponse streams = kinesis.listStreams(r -> r.limit(1));
        names.addAll(streams.streamNames());
        while (streams.hasMoreStreams()) {
            String token = streams.nextToken();
            streams = kinesis.listStreams(r -> r.limit(1).nextToken(token));
            names.addAll(streams.streamNames());
        }
        names.removeIf(name -> !name.startsWith(stream));
        Kit.same("streams page by page", names, List.of(stream, limited));

        List<String> shards = new ArrayList<>();
        ListShardsResponse page = kinesis.listShards(r -> r.streamName(stream).maxResults(1));
        page.shards().forEach(s -> shards.add(s.shardId()));
        while (page.nextToken() != null) {
            String token = page.nextToken();
            page = kinesis.listShards(r -> r.nextToken(token).maxResults(1));
            Kit.same("shards of a page", page.shards().size(), 1);
            page.shards().forEach(s -> shards.add(s.shardId()));
        }
        Kit.same("shards page by page", shards, fiveShards());
    }

    private static List<String> fiveShards() {
        return IntStream.range(0, 5).mapToObj(Kit::shard).collect(Collectors.toList());
    }

    private void read() {
        List<Record> records = new ArrayList<>();
        Kit.same("shards in order", follow(records), fiveShards());
        Map<String, List<SdkBytes>> values = records.stream().collect(
                Collectors.groupingBy(Record::partitionKey, Collectors.mapping(Record::data, Collectors.toList())));
        Kit.same("blob", values.get("schlüssel"), List.of(SdkBytes.fromByteArray(Kit.blob())));
        for (int key = 0; key < 10; key++) {
            List<SdkBytes> want = IntStream.iterate(key, i -> i < 900, i -> i + 10)
                    .mapToObj(i -> SdkBytes.fromByteArray(Kit.bytes(i))).collect(Collectors.toList());
            Kit.same("order of key-" + key, values.get("key-" + key), want);
        }
        Record middle = records.stream().filter(r -> r.data().equals(SdkBytes.fromByteArray(Kit.bytes(300)))).findFirst().get();
        String at = iterator(2, r -> r.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(middle.approximateArrivalTimestamp()));
        Kit.same("at timestamp", kinesis.getRecords(r -> r.shardIterator(at)).records().size(), 300);
    }

    private String iterator(int shard, java.util.function.Consumer<GetShardIteratorRequest.Builder> position) {
        return kinesis.getShardIterator(r -> position.accept(r.streamName(stream).shardId(Kit.shard(shard)))).shardIterator();
    }

    /** Reads the whole stream, parents before children. Returns its shards in the order in which their ends were reached. */
    private List<String> follow(List<Record> records) {
        List<String> ended = new ArrayList<>();
        Set<String> started = new HashSet<>();
        Deque<String> ready = new ArrayDeque<>();
        kinesis.listShards(r -> r.streamName(stream).shardFilter(f -> f.type(ShardFilterType.AT_TRIM_HORIZON)))
                .shards().forEach(s -> ready.add(s.shardId()));
        while (!ready.isEmpty()) {
            String shard = ready.remove();
            started.add(shard);
            List<ChildShard> children = readShard(shard, records);
            ended.add(shard);
            for (ChildShard child : children) {
                if (!started.contains(child.shardId()) && ended.containsAll(child.parentShards())) {
                    ready.add(child.shardId());
                }
            }
        }
        return ended;
    }

    /** Reads a shard from its start to its end, or to its tip. */
    private List<ChildShard> readShard(String shard, List<Record> records) {
        String at = kinesis.getShardIterator(r -> r.streamName(stream).shardId(shard)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
        while (true) {
            String iterator = at;
            GetRecordsResponse page = kinesis.getRecords(r -> r.shardIterator(iterator).limit(100));
            records.addAll(page.records());
            at = page.nextShardIterator();
            if ((at == null) != !page.childShards().isEmpty()) {
                Kit.fail(shard + ": iterator " + at + " beside the children " + page.childShards());
            }
            if (at == null || page.records().isEmpty() && page.millisBehindLatest() == 0) {
                return page.childShards();
            }
        }
    }
}
