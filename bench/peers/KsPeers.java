import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;

/**
 * The workloads as Kafka Streams programs: KsPeers BOOTSTRAP w1|w1all|w2|w3|w4 RECORDS THREADS GUARANTEE
 *
 * <p>Prints the seconds from the first processed record to the last one, and to the last commit.
 */
public class KsPeers {
  static final String OUTPUT = "bench-out";
  static final ObjectMapper JSON = new ObjectMapper();
  static final Serde<String> TEXT = Serdes.String();
  static final Serde<JsonNode> NODE = Serdes.serdeFrom(KsPeers::written, KsPeers::read);
  static final AtomicLong count = new AtomicLong();
  static final AtomicLong first = new AtomicLong();
  static final AtomicLong lastCommit = new AtomicLong();
  static final AtomicLong regrouped = new AtomicLong(); // into the repartition topic, from which they have to come back
  static final AtomicLong aggregated = new AtomicLong();

  static byte[] written(String topic, JsonNode value) {
    try {
      return value == null ? null : JSON.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode read(String topic, byte[] bytes) {
    try {
      return bytes == null ? null : JSON.readTree(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void tick() {
    if (count.getAndIncrement() == 0) first.set(System.nanoTime());
  }

  static ObjectNode total(double sum, long count) {
    ObjectNode node = JSON.createObjectNode();
    node.put("sum", sum);
    node.put("count", count);
    return node;
  }

  static JsonNode added(JsonNode total, double amount) {
    return total(total.get("sum").asDouble() + amount, total.get("count").asLong() + 1);
  }

  static JsonNode merged(JsonNode one, JsonNode other) {
    return total(
        one.get("sum").asDouble() + other.get("sum").asDouble(),
        one.get("count").asLong() + other.get("count").asLong());
  }

  /** A stream whose records are counted, by the time of the log or by the field ts. */
  static KStream<String, JsonNode> stream(StreamsBuilder builder, String topic, boolean byField) {
    Consumed<String, JsonNode> consumed = Consumed.with(TEXT, NODE);
    if (byField) {
      consumed = consumed.withTimestampExtractor((r, p) -> ((JsonNode) r.value()).get("ts").asLong());
    }
    return builder.stream(topic, consumed).peek((k, v) -> tick());
  }

  static void paidPerWindow(StreamsBuilder builder, boolean toOneKey) {
    KStream<String, JsonNode> paid =
        stream(builder, "bench-transactions", true).filter((k, v) -> v.get("status").asText().equals("paid"));
    Grouped<String, JsonNode> as = Grouped.with(TEXT, NODE);
    KGroupedStream<String, JsonNode> grouped =
        toOneKey
            ? paid.peek((k, v) -> regrouped.getAndIncrement()).groupBy((k, v) -> "all", as)
            : paid.groupByKey(as);
    grouped
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(3), Duration.ofHours(1)))
        .aggregate(() -> (JsonNode) total(0, 0), (k, v, x) -> paidToo(x, v), Materialized.with(TEXT, NODE))
        .toStream()
        .map((k, x) -> KeyValue.pair(k.key() + "@" + k.window().start(), x))
        .to(OUTPUT, Produced.with(TEXT, NODE));
  }

  static JsonNode paidToo(JsonNode total, JsonNode transaction) {
    aggregated.getAndIncrement();
    return added(total, transaction.get("amount").asDouble());
  }

  static void topArtists(StreamsBuilder builder) {
    stream(builder, "bench-streams", false)
        .groupByKey(Grouped.with(TEXT, NODE))
        .aggregate(
            () -> (JsonNode) JSON.createObjectNode(),
            (k, v, x) -> counted((ObjectNode) x, v),
            Materialized.with(TEXT, NODE))
        .toStream()
        .mapValues(KsPeers::topThree)
        .to(OUTPUT, Produced.with(TEXT, NODE));
  }

  static JsonNode counted(ObjectNode counts, JsonNode value) {
    String artist = value.get("artistid").asText();
    counts.put(artist, counts.path(artist).asLong(0) + 1);
    return counts;
  }

  static JsonNode topThree(JsonNode counts) {
    List<Map.Entry<String, JsonNode>> entries = new ArrayList<>(counts.properties());
    entries.sort((x, y) -> Long.compare(y.getValue().asLong(), x.getValue().asLong()));
    ArrayNode top = JSON.createArrayNode();
    for (int i = 0; i < Math.min(3, entries.size()); i++) top.add(entries.get(i).getKey());
    return top;
  }

  static void badPlatinumRatings(StreamsBuilder builder) {
    KTable<String, JsonNode> customers =
        builder.table("bench-customers", Consumed.with(TEXT, NODE), Materialized.with(TEXT, NODE));
    stream(builder, "bench-ratings", false)
        .filter((k, v) -> v.get("stars").asInt() < 3)
        .join(customers, KsPeers::withCustomer, Joined.with(TEXT, NODE, NODE))
        .filter((k, v) -> v.get("club_status").asText().equals("platinum"))
        .to(OUTPUT, Produced.with(TEXT, NODE));
  }

  static JsonNode withCustomer(JsonNode rating, JsonNode customer) {
    ObjectNode joined = (ObjectNode) rating;
    joined.put("club_status", customer.get("club_status").asText());
    joined.put("email", customer.get("email").asText());
    return joined;
  }

  static void deviceSessions(StreamsBuilder builder) {
    stream(builder, "bench-devices", true)
        .groupByKey(Grouped.with(TEXT, NODE))
        .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(30), Duration.ofSeconds(60)))
        .aggregate(
            () -> (JsonNode) total(0, 0),
            (k, v, x) -> added(x, v.get("value").asDouble()),
            (k, x, y) -> merged(x, y),
            Materialized.with(TEXT, NODE))
        .toStream()
        .map((k, x) -> KeyValue.pair(k.key() + "@" + k.window().start(), x))
        .to(OUTPUT, Produced.with(TEXT, NODE));
  }

  /** Kafka's own clients, which note when a commit has come back. */
  static class NotingClients extends DefaultKafkaClientSupplier {
    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
      return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()) {
        @Override
        public void commitTransaction() {
          super.commitTransaction();
          lastCommit.set(System.nanoTime());
        }
      };
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
      return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()) {
        @Override
        public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
          super.commitSync(offsets);
          lastCommit.set(System.nanoTime());
        }
      };
    }
  }

  static Properties settings(String bootstrap, String workload, String threads, String guarantee) {
    Properties settings = new Properties();
    settings.put("application.id", "ks-" + workload + "-" + System.nanoTime());
    settings.put("bootstrap.servers", bootstrap);
    settings.put("num.stream.threads", threads);
    settings.put("processing.guarantee", guarantee);
    settings.put("auto.offset.reset", "earliest");
    settings.put("state.dir", System.getProperty("java.io.tmpdir") + "/ks-state");
    settings.put("commit.interval.ms", "1000");
    settings.put("max.poll.records", "5000");
    settings.put("statestore.cache.max.bytes", 256L << 20);
    settings.put("producer.linger.ms", "20");
    settings.put("producer.compression.type", "lz4");
    return settings;
  }

  public static void main(String[] given) throws Exception {
    String workload = given[1];
    long records = Long.parseLong(given[2]);
    StreamsBuilder builder = new StreamsBuilder();
    switch (workload) {
      case "w1" -> paidPerWindow(builder, false);
      case "w1all" -> paidPerWindow(builder, true);
      case "w2" -> topArtists(builder);
      case "w3" -> badPlatinumRatings(builder);
      case "w4" -> deviceSessions(builder);
      default -> throw new IllegalArgumentException(workload);
    }
    Properties settings = settings(given[0], workload, given[3], given[4]);
    KafkaStreams streams = new KafkaStreams(builder.build(), settings, new NotingClients());
    streams.start();
    while (count.get() < records || aggregated.get() < regrouped.get()) Thread.sleep(5);
    long last = System.nanoTime();
    boolean ended = streams.close(Duration.ofSeconds(60));
    if (!ended) throw new IllegalStateException("it did not close within 60 s");
    double processed = (last - first.get()) / 1e9;
    double committed = (lastCommit.get() - first.get()) / 1e9;
    System.out.println("{\"processed_s\": " + processed + ", \"committed_s\": " + committed + "}");
    System.exit(0);
  }
}
