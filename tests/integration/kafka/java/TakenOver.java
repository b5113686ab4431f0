import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * The application that Headrace takes over in test_takeover.py; its program there says the same. It runs until standard input
 * ends.
 *
 * Arguments: bootstrap servers, application id, prefix of the output topics, state directory.
 */
public class TakenOver {
    private static final Duration SIZE = Duration.ofSeconds(10);

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("application.id", arguments[1]);
        settings.put("state.dir", arguments[3]);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("commit.interval.ms", "100");
        settings.put("default.key.serde", Serdes.StringSerde.class);
        settings.put("default.value.serde", Serdes.StringSerde.class);
        settings.put("main.consumer.session.timeout.ms", "6000");
        settings.put("main.consumer.heartbeat.interval.ms", "1500");
        settings.put("auto.offset.reset", "earliest");
        KafkaStreams streams = new KafkaStreams(topology(arguments[2]), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        while (System.in.read() >= 0) { }
        streams.close();
    }

    private static Topology topology(String prefix) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> words = builder.stream("words");
        words.groupBy((key, word) -> word, Grouped.as("by-word")).count(Materialized.as("counts"))
            .toStream().to(prefix + "counts", Produced.with(Serdes.String(), Serdes.Long()));
        KGroupedStream<String, String> keyed = words.groupByKey(Grouped.with(Serdes.String(), Serdes.String()));
        named(keyed.windowedBy(TimeWindows.ofSizeAndGrace(SIZE, Duration.ofHours(1))).count(Materialized.as("windows")))
            .to(prefix + "windows", Produced.with(Serdes.String(), Serdes.Long()));
        named(keyed.windowedBy(TimeWindows.ofSizeAndGrace(SIZE, Duration.ZERO)).count(Materialized.as("closing"))
            .suppress(Suppressed.<Windowed>untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("closed")))
            .to(prefix + "closed", Produced.with(Serdes.String(), Serdes.Long()));
        KTable<String, String> orders = builder.table("orders", Materialized.as("orders-store"));
        KTable<String, String> customers = builder.table("customers", Materialized.as("customers-store"));
        orders.join(customers, customer -> customer, (order, customer) -> order + "/" + customer,
                TableJoined.as("fk"), Materialized.as("joined"))
            .toStream().to(prefix + "joined");
        return builder.build();
    }

    private static KStream<String, Long> named(KTable<Windowed<String>, Long> counts) {
        return counts.toStream().map((window, count) -> KeyValue.pair(window.key() + "@" + window.window().start(), count));
    }
}
