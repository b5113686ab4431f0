"""Making, changing and describing topics."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewPartitions, ResourceType
from confluent_kafka.admin import NewTopic as KafkaTopic

from headrace.log import faults
from headrace.log.api import NewTopic, TopicDescription
from headrace.log.kafka import failures
from headrace.log.kafka.calls import TIMEOUT_S, results, settled, until
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.topic_settings import from_kafka, future_allowance_ms, to_kafka
from headrace.log.topics import missing_topics


class Topics:
    """Topics of a cluster.

    Args:
        replication_factor: Replicas of topics that are made; -1 leaves it to the brokers.
    """

    def __init__(self, client: AdminClient, catalog: Catalog, replication_factor: int) -> None:
        self._client = client
        self._catalog = catalog
        self._replication_factor = replication_factor

    def create(self, topics: Sequence[NewTopic]) -> None:
        """Makes topics, and waits until they can be used."""
        wanted_names = [topic.name for topic in missing_topics(topics, {})]  # checked before a broker hears of them
        missing = missing_topics(topics, self._catalog.counts(wanted_names))
        if not missing:
            return
        replicas = self._replication_factor
        wanted = [KafkaTopic(new.name, new.partitions, replicas, config=to_kafka(new.config)) for new in missing]
        _, refused = settled(self._client.create_topics(wanted, request_timeout=TIMEOUT_S))
        for name, error in refused.items():
            # Another instance may have been quicker; then the counts are compared below.
            if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise failures.translated(error, f'create topic "{name}"')
        self._await({topic.name: topic.partitions for topic in missing}, "create topics")
        self._catalog.seen(topic.name for topic in missing)
        missing_topics(missing, self._catalog.counts(topic.name for topic in missing))

    def delete(self, names: Sequence[str]) -> None:
        """Deletes topics."""
        there = self._catalog.counts(names)
        for name in names:
            if name not in there:
                raise faults.unknown_topic(name)
        if not there:
            return
        results(self._client.delete_topics(list(there), request_timeout=TIMEOUT_S), f"delete topics {', '.join(there)}")
        self._catalog.deleted(there)
        until(lambda: self._are_gone(there), f"delete topics {', '.join(there)}")

    def grow(self, topic: str, total: int) -> None:
        """Adds partitions."""
        count = self._catalog.counts([topic]).get(topic)
        if count is None:
            raise faults.unknown_topic(topic)
        if total < count:
            raise faults.cannot_shrink(topic, count, total)
        if total > count:
            futures = self._client.create_partitions([NewPartitions(topic, total)], request_timeout=TIMEOUT_S)
            results(futures, f'add partitions to topic "{topic}"')
            self._await({topic: total}, f'add partitions to topic "{topic}"')

    def described(self) -> dict[str, TopicDescription]:
        """All topics with their settings."""
        counts = self._catalog.all()
        resources = {ConfigResource(ResourceType.TOPIC, name): name for name in counts}
        if not resources:
            return {}
        answers, refused = settled(self._client.describe_configs(list(resources), request_timeout=TIMEOUT_S))
        for resource, error in refused.items():
            if error.code() not in failures.UNKNOWN_TOPIC:  # else it was deleted in this moment
                raise failures.translated(error, f'describe topic "{resource.name}"')
        found: dict[str, TopicDescription] = {}
        for resource, entries in sorted(answers.items(), key=lambda answer: str(answer[0].name)):
            values = {name: entry.value for name, entry in entries.items() if entry.value is not None}
            own = {name: value for name, value in values.items() if _is_own(entries[name].source)}
            found[resource.name] = TopicDescription(resource.name, counts[resource.name], from_kafka(values, own))
        return found

    def future_allowance_ms(self, topic: str) -> int | None:
        """How far in the future the timestamps of a topic may lie; None if brokers set them by themselves."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        answers = results(self._client.describe_configs([resource], request_timeout=TIMEOUT_S), f'describe topic "{topic}"')
        return future_allowance_ms({name: entry.value for name, entry in answers[resource].items()})

    def _are_gone(self, topics: Collection[str]) -> bool:
        left = self._catalog.counts(topics)
        self._catalog.deleted(left)  # seen, but not to be waited for
        return not left

    def _await(self, counts: Mapping[str, int], doing: str) -> None:
        """Waits until all brokers asked show these topics with leaders: a broker learns of a change after the controller."""

        def shown() -> bool:
            found = self._client.list_topics(timeout=TIMEOUT_S).topics
            return all(
                name in found
                and len(found[name].partitions) >= count
                and all(partition.leader >= 0 for partition in found[name].partitions.values())
                for name, count in counts.items()
            )

        until(shown, doing)


def _is_own(source: object) -> bool:
    return source in (ConfigSource.DYNAMIC_TOPIC_CONFIG, ConfigSource.DYNAMIC_TOPIC_CONFIG.value)
