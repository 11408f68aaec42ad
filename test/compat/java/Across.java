import java.util.HexFormat;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads the first record of the stream that its argument names and prints sequence number, arrival in milliseconds, key and data. */
final class Across {
    public static void main(String[] args) {
        try (KinesisClient kinesis = KinesisClient.builder().httpClient(UrlConnectionHttpClient.create()).build()) {
            String iterator = kinesis.getShardIterator(r -> r.streamName(args[0]).shardId(Kit.shard(0))
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
            Record record = kinesis.getRecords(r -> r.shardIterator(iterator)).records().get(0);
            System.out.println(record.sequenceNumber() + " " + record.approximateArrivalTimestamp().toEpochMilli() + " "
                    + record.partitionKey() + " " + HexFormat.of().formatHex(record.data().asByteArray()));
        }
    }

    private Across() {}
}
