import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.cloudwatch.AmazonCloudWatchClientBuilder;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.IRecordProcessorCheckpointer;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IRecordProcessor;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.InitialPositionInStream;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.KinesisClientLibConfiguration;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.ShutdownReason;
import com.amazonaws.services.kinesis.clientlibrary.types.InitializationInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ProcessRecordsInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ShutdownInput;
import com.amazonaws.services.kinesis.clientlibrary.types.UserRecord;
import com.amazonaws.services.kinesis.model.Record;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** A worker of the KCL 1, which says what the others say. */
class Worker {
  public static void main(String[] args) {
    String stream = args[0], application = args[1], endpoint = System.getenv("AWS_ENDPOINT_URL");
    KinesisClientLibConfiguration config = new KinesisClientLibConfiguration(
            application, stream, new DefaultAWSCredentialsProviderChain(), UUID.randomUUID().toString())
        .withRegionName(System.getenv("AWS_REGION"))
        .withKinesisEndpoint(endpoint)
        .withDynamoDBEndpoint(endpoint)
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
        .withParentShardPollIntervalMillis(1_000)
        .withFailoverTimeMillis(5_000);
    new com.amazonaws.services.kinesis.clientlibrary.lib.worker.Worker.Builder()
        .recordProcessorFactory(Processor::new)
        .config(config)
        .cloudWatchClient(AmazonCloudWatchClientBuilder.standard()
            .withEndpointConfiguration(new EndpointConfiguration(endpoint, System.getenv("AWS_REGION")))
            .build())
        .build()
        .run();
  }

  static class Processor implements IRecordProcessor {
    private String shard;

    @Override
    public void initialize(InitializationInput in) {
      shard = in.getShardId();
      say("begin %s", shard);
    }

    @Override
    public void processRecords(ProcessRecordsInput in) {
      StringBuilder lines = new StringBuilder();
      for (Record r : in.getRecords()) {
        byte[] data = new byte[r.getData().remaining()];
        r.getData().get(data);
        lines.append(String.format("record %s %s %d %s %s\n",
            shard, r.getSequenceNumber(), ((UserRecord) r).getSubSequenceNumber(), r.getPartitionKey(), new String(data)));
      }
      print(lines.toString());
      checkpoint(in.getCheckpointer());
    }

    @Override
    public void shutdown(ShutdownInput in) {
      if (in.getShutdownReason() == ShutdownReason.ZOMBIE) {
        say("lost %s", shard);
        return;
      }
      if (in.getShutdownReason() == ShutdownReason.TERMINATE) {
        say("end %s", shard); // before the checkpoint, after which the children may begin
      }
      checkpoint(in.getCheckpointer());
    }

    private void checkpoint(IRecordProcessorCheckpointer checkpointer) {
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
