import java.io.BufferedReader;
import java.io.InputStreamReader;
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
 * Puts numbered records with the KPL 1, as it is told on standard input: Steered STREAM PREFIX
 * COUNT RATE AGGREGATE. A record is its number; its key is PREFIX and one of fifty numbers. Puts
 * RATE records a second, or as many as it can.
 *
 * <p>The lines that it takes, and what it says when it has done so:
 *
 * <ul>
 *   <li>pause: puts nothing more, and waits until all is stored: "paused". Then it takes no line but
 *       resume: has the KPL learn where records go now, and puts on: "resumed".
 *   <li>finish: puts until there are COUNT, and waits until all is stored: "stored" and how many.
 * </ul>
 *
 * <p>Then it waits until standard input ends: metrics that are not put by then are lost with the
 * daemon.
 */
class Steered {
  private static final int KEYS = 50;

  /** How many records may be on their way, so that the buffer of the KPL stays small. */
  private static final int WINDOW = 5_000;

  private static final long TICK_MILLIS = 100;

  /** After half a minute, its default, the KPL gives records up that a slow machine has not put. */
  private static final long TTL_MILLIS = 600_000;

  private final KinesisProducer producer;
  private final String stream, prefix;
  private final ArrayDeque<Future<UserRecordResult>> waiting = new ArrayDeque<>();
  private int put;

  Steered(KinesisProducer producer, String stream, String prefix) {
    this.producer = producer;
    this.stream = stream;
    this.prefix = prefix;
  }

  public static void main(String[] args) throws Exception {
    KinesisProducer producer = new KinesisProducer(configuration(Boolean.parseBoolean(args[4])));
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    new Steered(producer, args[0], args[1]).run(orders, Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    orders.readLine();
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
        .setMetricsUploadDelay(1_000)
        .setRecordTtl(TTL_MILLIS)
        .setAggregationEnabled(aggregate);
  }

  private void run(BufferedReader orders, int count, int rate) throws Exception {
    boolean finish = false;
    double due = 0;
    for (long last = System.nanoTime(); !finish || put < count; Thread.sleep(TICK_MILLIS)) {
      if (orders.ready()) {
        switch (orders.readLine()) {
          case "pause" -> pause(orders);
          case "finish" -> finish = true;
        }
      }
      long now = System.nanoTime();
      // What was not put in a second is not made up for.
      due = Math.min(due + (now - last) / 1e9 * rate, put + rate);
      last = now;
      while (put < due) {
        put();
      }
    }
    drain();
    System.out.println("stored " + put);
  }

  private void pause(BufferedReader orders) throws Exception {
    drain();
    System.out.println("paused");
    orders.readLine(); // resume
    learn();
    System.out.println("resumed");
  }

  /**
   * Puts one record of a key after the other, each alone, until one of them has shown the KPL that
   * its map of the shards is old. One that comes alone is no aggregate, and in order wherever it is.
   */
  private void learn() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      put();
      UserRecordResult result = store();
      if (result.getAttempts().stream().anyMatch(a -> "Wrong Shard".equals(a.getErrorCode()))) {
        return;
      }
    }
  }

  private void put() throws Exception {
    if (waiting.size() == WINDOW) {
      store();
    }
    byte[] data = Integer.toString(put).getBytes();
    waiting.add(producer.addUserRecord(stream, prefix + put % KEYS, ByteBuffer.wrap(data)));
    put++;
  }

  private void drain() throws Exception {
    producer.flush();
    while (!waiting.isEmpty()) {
      store();
    }
  }

  /** Waits until the record that was put first of those on their way is stored. */
  private UserRecordResult store() throws Exception {
    try {
      return waiting.remove().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserRecordFailedException failed) {
        failed.getResult().getAttempts().forEach(a ->
            System.err.println(a.getErrorCode() + ": " + a.getErrorMessage()));
      }
      throw e;
    }
  }
}
