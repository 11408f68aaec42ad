import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the KCL 2 or 3, told only where the server is. It says what it
 * does on standard output, one line each: see story.
 */
class Worker {
  public static void main(String[] args) throws Exception {
    String stream = args[0], application = args[1], retrieval = args[2];
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
    Region region = Region.of(System.getenv("AWS_REGION"));
    KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(
        KinesisAsyncClient.builder().region(region).endpointOverride(endpoint));
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().region(region).endpointOverride(endpoint).build();
    CloudWatchAsyncClient metrics = CloudWatchAsyncClient.builder().region(region).endpointOverride(endpoint).build();

    ConfigsBuilder configs = new ConfigsBuilder(
        stream, application, kinesis, dynamo, metrics, UUID.randomUUID().toString(), Processor::new);
    var from = configs.retrievalConfig();
    if (retrieval.equals("polling")) {
      from = from.retrievalSpecificConfig(new PollingConfig(stream, kinesis));
    }
    from = from.initialPositionInStreamExtended(
        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
    Scheduler scheduler = new Scheduler(
        configs.checkpointConfig(),
        configs.coordinatorConfig().parentShardPollIntervalMillis(1_000),
        configs.leaseManagementConfig().failoverTimeMillis(5_000),
        configs.lifecycleConfig(),
        configs.metricsConfig(),
        configs.processorConfig(),
        from);
    scheduler.run();
  }

  static class Processor implements ShardRecordProcessor {
    private String shard;

    @Override
    public void initialize(InitializationInput in) {
      shard = in.shardId();
      say("begin %s", shard);
    }

    @Override
    public void processRecords(ProcessRecordsInput in) {
      StringBuilder lines = new StringBuilder();
      in.records().forEach(r -> {
        byte[] data = new byte[r.data().remaining()];
        r.data().get(data);
        lines.append(String.format("record %s %s %d %s %s\n",
            shard, r.sequenceNumber(), r.subSequenceNumber(), r.partitionKey(), new String(data)));
      });
      print(lines.toString());
      checkpoint(in.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput in) {
      say("lost %s", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput in) {
      say("end %s", shard); // before the checkpoint, after which the children may begin
      checkpoint(in.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput in) {
      checkpoint(in.checkpointer());
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (Exception e) {
        say("trouble %s %s", shard, e);
      }
    }
  }

  static void say(String format, Object... args) {
    print(String.format(format, args) + "\n");
  }

  private static final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

  /** Writes lines with one call of the system, for other workers append to the same file. */
  static void print(String lines) {
    try {
      out.write(lines.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
