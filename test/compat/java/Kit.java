import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;

/** What the programs for the two SDKs share. */
final class Kit {
    static final String HALF = "170141183460469231731687303715884105728";
    static final String THREE_FOURTHS = "255211775190703847597530955573826158592";
    static final String OTHER_END = "340282366920938463463374607431768211455";

    static String shard(int n) {
        return String.format("shardId-%012d", n);
    }

    /** Every byte once. */
    static byte[] blob() {
        byte[] blob = new byte[256];
        for (int i = 0; i < blob.length; i++) {
            blob[i] = (byte) i;
        }
        return blob;
    }

    static byte[] bytes(Object text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    static void same(String what, Object got, Object want) {
        if (!Objects.deepEquals(got, want)) {
            fail(what + ": got " + text(got) + ", want " + text(want));
        }
        System.out.println("ok   " + what);
    }

    /** Fails unless the call is refused with the type of exception. */
    static void refused(Class<? extends Exception> type, Callable<?> call) throws Exception {
        try {
            call.call();
        } catch (Exception e) {
            if (type.isInstance(e)) {
                System.out.println("ok   " + type.getSimpleName());
                return;
            }
            throw e;
        }
        fail("no " + type.getSimpleName());
    }

    /** Moves the server's clock. */
    static void advance(int minutes) throws Exception {
        URI uri = URI.create(System.getenv("COMPAT_ADMIN") + "/clock/advance?duration=" + minutes + "m");
        HttpRequest request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.noBody()).build();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        same("clock " + minutes + " minutes on", client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode(), 200);
    }

    static void fail(String words) {
        System.err.println("FAIL " + words);
        System.exit(1);
    }

    private static String text(Object value) {
        return value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value);
    }

    private Kit() {}
}
