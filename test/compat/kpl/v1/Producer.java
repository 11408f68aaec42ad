import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordFailedException;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Puts numbered records with the KPL 1, told only where the server is and whom to trust:
 * Producer STREAM PREFIX COUNT AGGREGATE. A record is its number; its key is PREFIX and one of
 * fifty numbers. Says "half" when half of them are stored, and "all" when all are.
 */
class Producer {
  /** How many records may be on their way, so that the buffer of the KPL stays small. */
  private static final int WINDOW = 5_000;

  public static void main(String[] args) throws Exception {
    String stream = args[0], prefix = args[1];
    int count = Integer.parseInt(args[2]);
    URI server = URI.create(System.getenv("COMPAT_TLS"));
    KinesisProducer producer = new KinesisProducer(new KinesisProducerConfiguration()
        .setRegion(System.getenv("AWS_REGION"))
        .setKinesisEndpoint(server.getHost())
        .setKinesisPort(server.getPort())
        .setCloudwatchEndpoint(server.getHost())
        .setCloudwatchPort(server.getPort())
        .setCaCertFile(System.getenv("COMPAT_CA"))
        .setTempDirectory(System.getenv("COMPAT_KPL"))
        .setMetricsUploadDelay(1_000)
        .setAggregationEnabled(Boolean.parseBoolean(args[3])));

    ArrayDeque<Future<UserRecordResult>> waiting = new ArrayDeque<>();
    int stored = 0;
    for (int n = 0; stored < count; ) {
      if (n < count && waiting.size() < WINDOW) {
        byte[] data = Integer.toString(n).getBytes();
        waiting.add(producer.addUserRecord(stream, prefix + n % 50, ByteBuffer.wrap(data)));
        n++;
        continue;
      }
      store(waiting.remove());
      if (++stored == count / 2) {
        System.out.println("half");
      }
    }
    System.out.println("all");
    System.in.read(); // until standard input ends: what is not uploaded by then is lost with the daemon
    producer.destroy();
  }

  private static void store(Future<UserRecordResult> result) throws Exception {
    try {
      result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserRecordFailedException failed) {
        failed.getResult().getAttempts().forEach(a ->
            System.err.println(a.getErrorCode() + ": " + a.getErrorMessage()));
      }
      throw e;
    }
  }
}
