import java.net.URI;
import java.util.UUID;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * Kcl reads a stream from its start with one worker until it has seen as many
 * user records as it is told there are, and checkpoints after each batch.
 *
 * <p>Arguments: endpoint, stream, application, polling or fan-out, user records.
 */
public final class Kcl {
    private static long total;
    private static long seen;
    private static long began;
    private static long halfAt;
    private static long halfSeen;
    private static long halfCpu;

    public static void main(String[] args) throws Exception {
        URI endpoint = URI.create(args[0]);
        total = Long.parseLong(args[4]);
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(
                KinesisAsyncClient.builder().region(Region.US_EAST_1).endpointOverride(endpoint));
        ConfigsBuilder configs = new ConfigsBuilder(args[1], args[2], kinesis,
                DynamoDbAsyncClient.builder().region(Region.US_EAST_1).endpointOverride(endpoint).build(),
                CloudWatchAsyncClient.builder().region(Region.US_EAST_1).endpointOverride(endpoint).build(),
                UUID.randomUUID().toString(), Reader::new);
        var retrieval = configs.retrievalConfig();
        if (args[3].equals("polling")) {
            retrieval.retrievalSpecificConfig(new PollingConfig(args[1], kinesis));
        }
        retrieval.initialPositionInStreamExtended(
                InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
        new Scheduler(configs.checkpointConfig(), configs.coordinatorConfig(), configs.leaseManagementConfig(),
                configs.lifecycleConfig(), configs.metricsConfig().metricsLevel(MetricsLevel.NONE),
                configs.processorConfig(), retrieval).run();
    }

    /** count notes a batch, and ends the program with the last. */
    private static synchronized void count(long records) throws Exception {
        long now = System.currentTimeMillis();
        if (began == 0) {
            began = now;
        }
        seen += records;
        if (halfAt == 0 && seen >= total / 2) {
            halfAt = now;
            halfSeen = seen;
            halfCpu = Usage.cpuMillis();
        }
        if (seen >= total) {
            long cpu = Usage.cpuMillis();
            Usage.print("cold", seen, 0, cpu, now - began);
            Usage.print("warm", seen - halfSeen, 0, cpu - halfCpu, now - halfAt);
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    private static final class Reader implements ShardRecordProcessor {
        @Override public void initialize(InitializationInput input) {}

        @Override public void processRecords(ProcessRecordsInput input) {
            try {
                input.checkpointer().checkpoint();
                count(input.records().size());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override public void leaseLost(LeaseLostInput input) {}

        @Override public void shardEnded(ShardEndedInput input) {}

        @Override public void shutdownRequested(ShutdownRequestedInput input) {}
    }
}
