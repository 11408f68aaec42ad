import com.amazonaws.ClientConfiguration;
import com.amazonaws.PredefinedClientConfigurations;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.kinesis.AmazonKinesis;
import com.amazonaws.services.kinesis.AmazonKinesisClientBuilder;
import com.amazonaws.services.kinesis.model.*;
import com.amazonaws.services.kinesis.model.Record;
import com.amazonaws.waiters.FixedDelayStrategy;
import com.amazonaws.waiters.MaxAttemptsRetryStrategy;
import com.amazonaws.waiters.PollingStrategy;
import com.amazonaws.waiters.Waiter;
import com.amazonaws.waiters.WaiterParameters;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The story of test/compat/README.md with the SDK for Java v1, but for the pushes, which it does not know. */
final class V1 {
    private static final String STREAM = "java1";
    private static final String LIMITED = "java1-limited";

    private final AmazonKinesis kinesis = client(PredefinedClientConfigurations.defaultConfig());
    private final AmazonKinesis hasty = client(PredefinedClientConfigurations.defaultConfig().withMaxErrorRetry(0));

    public static void main(String[] args) throws Exception {
        V1 story = new V1();
        String arn = story.create();
        story.put();
        story.limited();
        story.page();
        story.read();
        story.register(arn);
        story.expire();
        story.remove();
        System.exit(0); // the waiters' threads are no daemons
    }

    private static AmazonKinesis client(ClientConfiguration configuration) {
        return AmazonKinesisClientBuilder.standard().withClientConfiguration(configuration)
                .withEndpointConfiguration(new EndpointConfiguration(System.getenv("AWS_ENDPOINT_URL"), System.getenv("AWS_REGION")))
                .build();
    }

    private String create() throws Exception {
        Kit.refused(ResourceNotFoundException.class, () -> summary(STREAM));
        kinesis.createStream(STREAM, 2);
        waitFor(STREAM);
        StreamDescriptionSummary summary = summary(STREAM);
        Kit.same("status", summary.getStreamStatus(), "ACTIVE");
        Kit.same("open shards", summary.getOpenShardCount(), 2);
        Kit.refused(ResourceInUseException.class, () -> kinesis.createStream(STREAM, 1));
        Kit.refused(ValidationException.class, () -> kinesis.createStream("not a name", 1));
        return summary.getStreamARN();
    }

    private StreamDescriptionSummary summary(String name) {
        return kinesis.describeStreamSummary(new DescribeStreamSummaryRequest().withStreamName(name)).getStreamDescriptionSummary();
    }

    private void waitFor(String name) {
        poll(kinesis.waiters().streamExists(), name);
    }

    private static void poll(Waiter<DescribeStreamRequest> waiter, String name) {
        PollingStrategy everySecond = new PollingStrategy(new MaxAttemptsRetryStrategy(60), new FixedDelayStrategy(1));
        waiter.run(new WaiterParameters<>(new DescribeStreamRequest().withStreamName(name)).withPollingStrategy(everySecond));
    }

    private void put() throws Exception {
        String key = "schlüssel";
        PutRecordResult out = kinesis.putRecord(STREAM, ByteBuffer.wrap(Kit.blob()), key);
        byte[] hash = MessageDigest.getInstance("MD5").digest(Kit.bytes(key));
        Kit.same("route", out.getShardId(), Kit.shard(hash[0] < 0 ? 1 : 0));
        Kit.same("sequence number", out.getSequenceNumber().length(), 56);
        putNumbers(0);
        kinesis.mergeShards(STREAM, Kit.shard(0), Kit.shard(1));
        waitFor(STREAM);
        putNumbers(300);
        kinesis.splitShard(STREAM, Kit.shard(2), Kit.HALF);
        waitFor(STREAM);
        putNumbers(600);
    }

    private void putNumbers(int first) {
        List<PutRecordsRequestEntry> entries = IntStream.range(first, first + 300)
                .mapToObj(i -> new PutRecordsRequestEntry().withData(ByteBuffer.wrap(Kit.bytes(i))).withPartitionKey("key-" + i % 10))
                .collect(Collectors.toList());
        Kit.same("batch from " + first,
                kinesis.putRecords(new PutRecordsRequest().withStreamName(STREAM).withRecords(entries)).getFailedRecordCount(), 0);
    }

    private void limited() throws Exception {
        kinesis.createStream(LIMITED, 1);
        waitFor(LIMITED);
        kinesis.addTagsToStream(new AddTagsToStreamRequest().withStreamName(LIMITED).withTags(Map.of("leat:limits", "aws")));
        List<PutRecordsRequestEntry> entries = IntStream.range(0, 10)
                .mapToObj(i -> new PutRecordsRequestEntry().withData(ByteBuffer.allocate(200_000)).withPartitionKey("k"))
                .collect(Collectors.toList());
        PutRecordsResult out = kinesis.putRecords(new PutRecordsRequest().withStreamName(LIMITED).withRecords(entries));
        List<String> codes = out.getRecords().stream().map(PutRecordsResultEntry::getErrorCode).filter(c -> c != null).collect(Collectors.toList());
        Kit.same("failed records", out.getFailedRecordCount(), codes.size());
        Kit.same("partial failure", codes.size() > 0 && codes.size() < 10, true);
        Kit.same("codes", new HashSet<>(codes), Set.of("ProvisionedThroughputExceededException"));
        Kit.same("the others", out.getRecords().stream().filter(r -> r.getSequenceNumber() != null).count(), 10L - codes.size());
        Kit.refused(ProvisionedThroughputExceededException.class, () -> {
            for (int i = 0; i < 20; i++) {
                hasty.putRecord(LIMITED, ByteBuffer.allocate(900_000), "k");
            }
            return null;
        });
    }

    private void page() {
        List<String> names = new ArrayList<>();
        ListStreamsResult streams = kinesis.listStreams(new ListStreamsRequest().withLimit(1));
        names.addAll(streams.getStreamNames());
        while (streams.getHasMoreStreams()) {
            streams = kinesis.listStreams(1, names.get(names.size() - 1));
            names.addAll(streams.getStreamNames());
        }
        names.removeIf(name -> !name.startsWith(STREAM));
        Kit.same("streams page by page", names, List.of(STREAM, LIMITED));

        List<String> shards = new ArrayList<>();
        for (ListShardsRequest next = new ListShardsRequest().withStreamName(STREAM); next != null; ) {
            ListShardsResult page = kinesis.listShards(next.withMaxResults(1));
            Kit.same("shards of a page", page.getShards().size(), 1);
            page.getShards().forEach(s -> shards.add(s.getShardId()));
            next = page.getNextToken() == null ? null : new ListShardsRequest().withNextToken(page.getNextToken());
        }
        Kit.same("shards page by page", shards, fiveShards());
    }

    private static List<String> fiveShards() {
        return IntStream.range(0, 5).mapToObj(Kit::shard).collect(Collectors.toList());
    }

    private void read() {
        List<Record> records = new ArrayList<>();
        Kit.same("shards in order", follow(records), fiveShards());
        Map<String, List<ByteBuffer>> values = records.stream().collect(
                Collectors.groupingBy(Record::getPartitionKey, Collectors.mapping(Record::getData, Collectors.toList())));
        Kit.same("blob", values.get("schlüssel"), List.of(ByteBuffer.wrap(Kit.blob())));
        for (int key = 0; key < 10; key++) {
            List<ByteBuffer> want = IntStream.iterate(key, i -> i < 900, i -> i + 10)
                    .mapToObj(i -> ByteBuffer.wrap(Kit.bytes(i))).collect(Collectors.toList());
            Kit.same("order of key-" + key, values.get("key-" + key), want);
        }
        Record middle = records.stream().filter(r -> r.getData().equals(ByteBuffer.wrap(Kit.bytes(300)))).findFirst().get();
        String at = kinesis.getShardIterator(new GetShardIteratorRequest().withStreamName(STREAM).withShardId(Kit.shard(2))
                .withShardIteratorType(ShardIteratorType.AT_TIMESTAMP).withTimestamp(middle.getApproximateArrivalTimestamp())).getShardIterator();
        Kit.same("at timestamp", kinesis.getRecords(new GetRecordsRequest().withShardIterator(at)).getRecords().size(), 300);
    }

    private String start(String shard) {
        return kinesis.getShardIterator(STREAM, shard, "TRIM_HORIZON").getShardIterator();
    }

    /** Reads the whole stream, parents before children. Returns its shards in the order in which their ends were reached. */
    private List<String> follow(List<Record> records) {
        List<String> ended = new ArrayList<>();
        Set<String> started = new HashSet<>();
        Deque<String> ready = new ArrayDeque<>();
        ShardFilter oldest = new ShardFilter().withType(ShardFilterType.AT_TRIM_HORIZON);
        kinesis.listShards(new ListShardsRequest().withStreamName(STREAM).withShardFilter(oldest))
                .getShards().forEach(s -> ready.add(s.getShardId()));
        while (!ready.isEmpty()) {
            String shard = ready.remove();
            started.add(shard);
            List<ChildShard> children = readShard(shard, records);
            ended.add(shard);
            for (ChildShard child : children) {
                if (!started.contains(child.getShardId()) && ended.containsAll(child.getParentShards())) {
                    ready.add(child.getShardId());
                }
            }
        }
        return ended;
    }

    /** Reads a shard from its start to its end, or to its tip. */
    private List<ChildShard> readShard(String shard, List<Record> records) {
        String at = start(shard);
        while (true) {
            GetRecordsResult page = kinesis.getRecords(new GetRecordsRequest().withShardIterator(at).withLimit(100));
            records.addAll(page.getRecords());
            at = page.getNextShardIterator();
            List<ChildShard> children = page.getChildShards() == null ? List.of() : page.getChildShards();
            if ((at == null) != !children.isEmpty()) {
                Kit.fail(shard + ": iterator " + at + " beside the children " + children);
            }
            if (at == null || page.getRecords().isEmpty() && page.getMillisBehindLatest() == 0) {
                return children;
            }
        }
    }

    private void register(String arn) throws Exception {
        RegisterStreamConsumerRequest register = new RegisterStreamConsumerRequest().withStreamARN(arn).withConsumerName("reader");
        String consumer = kinesis.registerStreamConsumer(register).getConsumer().getConsumerARN();
        DescribeStreamConsumerRequest describe = new DescribeStreamConsumerRequest().withConsumerARN(consumer);
        Kit.same("consumer", kinesis.describeStreamConsumer(describe).getConsumerDescription().getConsumerStatus(), "ACTIVE");
        Kit.refused(ResourceInUseException.class, () -> kinesis.registerStreamConsumer(register));
        kinesis.deregisterStreamConsumer(new DeregisterStreamConsumerRequest().withConsumerARN(consumer));
        Kit.refused(ResourceNotFoundException.class, () -> kinesis.describeStreamConsumer(describe));
    }

    private void expire() throws Exception {
        GetRecordsRequest old = new GetRecordsRequest().withShardIterator(start(Kit.shard(0)));
        Kit.advance(6);
        Kit.refused(ExpiredIteratorException.class, () -> kinesis.getRecords(old));
        Kit.refused(InvalidArgumentException.class, () -> kinesis.getRecords(new GetRecordsRequest().withShardIterator("nonsense")));
    }

    private void remove() throws Exception {
        for (String name : List.of(STREAM, LIMITED)) {
            kinesis.deleteStream(name);
            poll(kinesis.waiters().streamNotExists(), name);
            Kit.refused(ResourceNotFoundException.class, () -> summary(name));
        }
    }
}
