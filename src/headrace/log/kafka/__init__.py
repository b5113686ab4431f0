"""The log that is a Kafka cluster, through librdkafka.

Nothing outside this package knows confluent_kafka. Reading goes from `reader` to `batches`, writing from the shared buffering
producer to `transactions` or `plain_writes` and `producing`; `admin` puts `topics`, `offsets` and `groups` together.
"""

from headrace.log.kafka.log import KafkaLog, open_kafka

__all__ = ["KafkaLog", "open_kafka"]
