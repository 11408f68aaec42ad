import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullResponse;

/**
 * The story of Sync over the JDK's own HttpClient, which offers with its first
 * request to change over to HTTP/2.
 */
final class Upgrade {
    public static void main(String[] args) throws Exception {
        Sync.play("java2-upgrade", new Jdk());
    }

    /** Has the SDK use the JDK's client as it is by default. */
    private static final class Jdk implements SdkHttpClient {
        /** What the JDK sets itself. */
        private static final Set<String> ITS_OWN = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

        static {
            ITS_OWN.addAll(Set.of("Host", "Content-Length", "Connection", "Expect", "Upgrade"));
        }

        private final HttpClient client = HttpClient.newHttpClient();

        @Override
        public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            return new ExecutableHttpRequest() {
                @Override
                public HttpExecuteResponse call() throws IOException {
                    try {
                        return answer(client.send(asked(request), HttpResponse.BodyHandlers.ofByteArray()));
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }

                @Override
                public void abort() {}
            };
        }

        private static HttpRequest asked(HttpExecuteRequest request) throws IOException {
            byte[] body = new byte[0];
            if (request.contentStreamProvider().isPresent()) {
                try (InputStream content = request.contentStreamProvider().get().newStream()) {
                    body = content.readAllBytes();
                }
            }
            HttpRequest.Builder b = HttpRequest.newBuilder(request.httpRequest().getUri())
                    .method(request.httpRequest().method().name(), HttpRequest.BodyPublishers.ofByteArray(body));
            request.httpRequest().forEachHeader((name, values) -> {
                if (!ITS_OWN.contains(name)) {
                    values.forEach(value -> b.header(name, value));
                }
            });
            return b.build();
        }

        private static HttpExecuteResponse answer(HttpResponse<byte[]> response) {
            if (response.version() != HttpClient.Version.HTTP_2) {
                Kit.fail("the answer came over " + response.version());
            }
            return HttpExecuteResponse.builder()
                    .response(SdkHttpFullResponse.builder().statusCode(response.statusCode()).headers(response.headers().map()).build())
                    .responseBody(AbortableInputStream.create(new ByteArrayInputStream(response.body())))
                    .build();
        }

        @Override
        public void close() {}
    }

    private Upgrade() {}
}
