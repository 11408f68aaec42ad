import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Kpl puts user records of 100 bytes for as long as it is told, twice: the first
 * time from a cold start, whose CPU it counts too.
 *
 * <p>Arguments: port, authority, folder for the daemon, stream, aggregate, millis of each phase.
 */
public final class Kpl {
    /** As many records wait at most. The KPL has no bound of its own. */
    private static final int MAX_OUTSTANDING = 50_000;

    private static final AtomicLong put = new AtomicLong();
    private static final AtomicLong failed = new AtomicLong();

    public static void main(String[] args) throws Exception {
        KinesisProducer producer = new KinesisProducer(new KinesisProducerConfiguration()
                .setRegion("us-east-1").setKinesisEndpoint("localhost").setKinesisPort(Integer.parseInt(args[0]))
                .setCaCertFile(args[1]).setTempDirectory(args[2]).setMetricsLevel("none")
                .setAggregationEnabled(Boolean.parseBoolean(args[4])).setRateLimit(1_000_000).setRecordTtl(600_000)
                .setCredentialsProvider(EnvironmentVariableCredentialsProvider.create()));
        phase("cold", producer, args[3], Long.parseLong(args[5]), 0);
        phase("warm", producer, args[3], Long.parseLong(args[5]), Usage.cpuMillis());
        producer.destroy();
        System.exit(0); // the KPL's threads are not daemons
    }

    private static void phase(String name, KinesisProducer producer, String stream, long millis, long cpu) throws Exception {
        long began = System.currentTimeMillis(), putBefore = put.get(), failedBefore = failed.get();
        for (int i = 0; i % 1000 != 0 || System.currentTimeMillis() - began < millis; i++) {
            while (producer.getOutstandingRecordsCount() > MAX_OUTSTANDING) {
                Thread.sleep(1);
            }
            Futures.addCallback(
                    producer.addUserRecord(stream, String.format("customer-%07d", i % 10_000), ByteBuffer.wrap(new byte[100])),
                    new FutureCallback<UserRecordResult>() {
                        @Override public void onSuccess(UserRecordResult r) { put.incrementAndGet(); }

                        @Override public void onFailure(Throwable t) { failed.incrementAndGet(); }
                    }, MoreExecutors.directExecutor());
        }
        producer.flushSync();
        Usage.print(name, put.get() - putBefore, failed.get() - failedBefore, Usage.cpuMillis() - cpu, System.currentTimeMillis() - began);
    }
}
