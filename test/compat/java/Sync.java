import java.net.URI;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The story with the synchronous client, over each of its HTTP clients. */
final class Sync {
    public static void main(String[] args) throws Exception {
        play("java2-url", UrlConnectionHttpClient.create());
        play("java2-apache", ApacheHttpClient.create());
    }

    static void play(String stream, SdkHttpClient http) throws Exception {
        try (KinesisClient kinesis = KinesisClient.builder().httpClient(http).build();
                KinesisClient hasty = KinesisClient.builder().httpClient(http)
                        .overrideConfiguration(o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry())).build()) {
            Story story = new Story(stream, kinesis, hasty);
            String consumer = story.register(story.begin());
            story.deregister(consumer);
            story.end();
        } finally {
            http.close();
        }
    }

    private Sync() {}
}
