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
 * A worker of the KCL 2 or 3, told only where the server is: Worker STREAM APPLICATION RETRIEVAL
 * [NAME], where RETRIEVAL is polling or fanout. It says what it does on standard output, one line
 * each: see kit.py. SIGTERM has it shut down in good order.
 */
class Worker {
  /** How long a worker goes on without a checkpoint: one that is killed leaves records without. */
  private static final long CHECKPOINT_NANOS = 5_000_000_000L;

  public static void main(String[] args) throws Exception {
    String stream = args[0], application = args[1], retrieval = args[2];
    String name = args.length > 3 ? args[3] : UUID.randomUUID().toString();
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
    Region region = Region.of(System.getenv("AWS_REGION"));
    KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(
        KinesisAsyncClient.builder().region(region).endpointOverride(endpoint));
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().region(region).endpointOverride(endpoint).build();
    CloudWatchAsyncClient metrics = CloudWatchAsyncClient.builder().region(region).endpointOverride(endpoint).build();

    ConfigsBuilder configs = new ConfigsBuilder(
        stream, application, kinesis, dynamo, metrics, name, () -> new Processor(name));
    var from = configs.retrievalConfig();
    if (retrieval.equals("polling")) {
      from = from.retrievalSpecificConfig(new PollingConfig(stream, kinesis));
    }
    from = from.initialPositionInStreamExtended(
        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
    Scheduler scheduler = new Scheduler(
        configs.checkpointConfig(),
        configs.coordinatorConfig().parentShardPollIntervalMillis(1_000),
        configs.leaseManagementConfig().failoverTimeMillis(5_000).shardSyncIntervalMillis(1_000),
        configs.lifecycleConfig(),
        configs.metricsConfig(),
        configs.processorConfig(),
        from);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(scheduler)));
    scheduler.run();
  }

  private static void shutDown(Scheduler scheduler) {
    try {
      scheduler.startGracefulShutdown().get();
    } catch (Exception e) {
      say("trouble - %s", e);
    }
  }

  static class Processor implements ShardRecordProcessor {
    private final String worker;
    private String shard;
    private long checkpointed = System.nanoTime();

    Processor(String worker) {
      this.worker = worker;
    }

    @Override
    public void initialize(InitializationInput in) {
      shard = in.shardId();
      var from = in.extendedSequenceNumber();
      say("begin %s %s %s %d", shard, worker, from.sequenceNumber(), from.subSequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput in) {
      StringBuilder lines = new StringBuilder(String.format("batch %s %s\n", shard, worker));
      in.records().forEach(r -> {
        byte[] data = new byte[r.data().remaining()];
        r.data().get(data);
        lines.append(String.format("record %s %s %d %s %s\n",
            shard, r.sequenceNumber(), r.subSequenceNumber(), r.partitionKey(), new String(data)));
      });
      print(lines.toString());
      if (System.nanoTime() - checkpointed >= CHECKPOINT_NANOS) {
        checkpoint(in.checkpointer(), "checkpoint");
        checkpointed = System.nanoTime();
      }
    }

    @Override
    public void leaseLost(LeaseLostInput in) {
      say("lost %s %s", shard, worker);
    }

    @Override
    public void shardEnded(ShardEndedInput in) {
      say("end %s %s", shard, worker); // before the checkpoint, after which the children may begin
      checkpoint(in.checkpointer(), "checkpoint");
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput in) {
      checkpoint(in.checkpointer(), "asked");
    }

    /** Makes a checkpoint, and says done if it is made. */
    private void checkpoint(RecordProcessorCheckpointer checkpointer, String done) {
      try {
        checkpointer.checkpoint();
        say("%s %s %s", done, shard, worker);
      } catch (Exception e) {
        say("trouble %s %s %s", shard, worker, e);
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
