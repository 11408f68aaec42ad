import java.io.IOException;
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
 * Steady STREAM PREFIX COUNT RATE AGGREGATE. A record is its number; its key is PREFIX and one of
 * fifty numbers. Puts RATE records a second until standard input has ended and COUNT are put, and
 * says then how many are stored.
 */
class Steady {
  /** How many records may be on their way, so that the buffer of the KPL stays small. */
  private static final int WINDOW = 5_000;

  private static final long TICK_MILLIS = 100;

  private static volatile boolean ended;

  public static void main(String[] args) throws Exception {
    String stream = args[0], prefix = args[1];
    int count = Integer.parseInt(args[2]), rate = Integer.parseInt(args[3]);
    KinesisProducer producer = new KinesisProducer(configuration(Boolean.parseBoolean(args[4])));
    Thread watch = new Thread(Steady::waitForEnd);
    watch.setDaemon(true);
    watch.start();

    ArrayDeque<Future<UserRecordResult>> waiting = new ArrayDeque<>();
    int n = 0;
    for (long began = System.nanoTime(); n < count || !ended; Thread.sleep(TICK_MILLIS)) {
      for (double due = (System.nanoTime() - began) / 1e9 * rate; n < due; n++) {
        if (waiting.size() == WINDOW) {
          store(waiting.remove());
        }
        byte[] data = Integer.toString(n).getBytes();
        waiting.add(producer.addUserRecord(stream, prefix + n % 50, ByteBuffer.wrap(data)));
      }
    }
    while (!waiting.isEmpty()) {
      store(waiting.remove());
    }
    System.out.println("stored " + n);
    producer.destroy();
  }

  private static KinesisProducerConfiguration configuration(boolean aggregate) {
    URI server = URI.create(System.getenv("COMPAT_TLS"));
    return new KinesisProducerConfiguration()
        .setRegion(System.getenv("AWS_REGION"))
        .setKinesisEndpoint(server.getHost())
        .setKinesisPort(server.getPort())
        .setCloudwatchEndpoint(server.getHost())
        .setCloudwatchPort(server.getPort())
        .setCaCertFile(System.getenv("COMPAT_CA"))
        .setTempDirectory(System.getenv("COMPAT_KPL"))
        .setAggregationEnabled(aggregate);
  }

  private static void waitForEnd() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // It has ended then, too.
    }
    ended = true;
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
