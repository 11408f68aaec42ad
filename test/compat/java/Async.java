import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** The whole story with the asynchronous client, as the KCL has it: Netty and HTTP/2 without TLS from the first byte. */
final class Async {
    private final KinesisAsyncClient kinesis;
    private final Story story;

    public static void main(String[] args) throws Exception {
        try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder().httpClientBuilder(http()).build();
                KinesisAsyncClient hasty = KinesisAsyncClient.builder().httpClientBuilder(http())
                        .overrideConfiguration(o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry())).build()) {
            new Async(kinesis, hasty).play();
        }
    }

    private static NettyNioAsyncHttpClient.Builder http() {
        return NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP2);
    }

    private Async(KinesisAsyncClient kinesis, KinesisAsyncClient hasty) {
        this.kinesis = kinesis;
        this.story = new Story("java2-async", waiting(kinesis), waiting(hasty));
    }

    private void play() throws Exception {
        String consumer = story.register(story.begin());
        push(consumer);
        story.deregister(consumer);
        story.end();
    }

    private void push(String consumer) throws Exception {
        Listener listener = new Listener(() -> Kit.advance(5));
        CompletableFuture<Void> end = subscribe(consumer, listener, StartingPosition.builder().type(ShardIteratorType.LATEST).build());
        listener.started.join();
        story.putLast("one");
        end.join();
        Kit.same("pushed until the session's end", listener.pushed, List.of("one"));

        story.putLast("two");
        StartingPosition next = StartingPosition.builder().type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                .sequenceNumber(listener.last.continuationSequenceNumber()).build();
        listener = new Listener(() -> {
            story.putLast("three");
            story.split(4, Kit.THREE_FOURTHS);
        });
        subscribe(consumer, listener, next).join();
        Kit.same("pushed until the shard's end", listener.pushed, List.of("two", "three"));
        Kit.same("no continuation", listener.last.continuationSequenceNumber(), null);
        Kit.same("children", listener.last.childShards().size(), 2);
        Kit.same("first child", listener.last.childShards().get(0).shardId(), Kit.shard(5));
        Kit.same("second child", listener.last.childShards().get(1).shardId(), Kit.shard(6));
    }

    private CompletableFuture<Void> subscribe(String consumer, Listener listener, StartingPosition from) {
        SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
                .onResponse(response -> listener.started.complete(null))
                .onError(listener.started::completeExceptionally)
                .subscriber(event -> listener.hear((SubscribeToShardEvent) event))
                .build();
        return kinesis.subscribeToShard(r -> r.consumerARN(consumer).shardId(Kit.shard(4)).startingPosition(from), handler);
    }

    private interface Then {
        void run() throws Exception;
    }

    /** Keeps what a subscription brings. After the first record it goes on with the story on a thread of its own: this one is Netty's. */
    private static final class Listener {
        final CompletableFuture<Void> started = new CompletableFuture<>();
        final List<String> pushed = new ArrayList<>();
        SubscribeToShardEvent last;
        private Then then;

        Listener(Then then) {
            this.then = then;
        }

        void hear(SubscribeToShardEvent event) {
            last = event;
            event.records().forEach(r -> pushed.add(r.data().asUtf8String()));
            if (!pushed.isEmpty() && then != null) {
                Then next = then;
                then = null;
                new Thread(() -> {
                    try {
                        next.run();
                    } catch (Exception e) {
                        Kit.fail(e.toString());
                    }
                }).start();
            }
        }
    }

    /** A synchronous client whose calls wait for those of the asynchronous one. */
    private static KinesisClient waiting(KinesisAsyncClient kinesis) {
        return (KinesisClient) Proxy.newProxyInstance(Async.class.getClassLoader(), new Class<?>[] {KinesisClient.class}, (proxy, method, args) -> {
            try {
                Object answer = KinesisAsyncClient.class.getMethod(method.getName(), method.getParameterTypes()).invoke(kinesis, args);
                return answer instanceof CompletableFuture ? ((CompletableFuture<?>) answer).join() : answer;
            } catch (CompletionException | InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }
}
