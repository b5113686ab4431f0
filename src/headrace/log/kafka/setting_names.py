"""The user's client settings: which client they are for, and Kafka Streams' names for librdkafka's.

Most of Java's names are librdkafka's too, or librdkafka knows them as aliases. Here are those others that mean the same. What
has no equal is refused by librdkafka, which names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from headrace.core.errors import ConfigurationError

PREFIXES = ("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.")
"""Kafka Streams' prefixes of settings for one kind of client only."""

_KAFKA_STREAMS = {
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "max.request.size": "message.max.bytes",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
}
_JAAS = re.compile(r'^\s*(?P<module>[\w.]+)\s+required\b(?P<options>(?:\s+\w+=(?:"[^"]*"|[^\s";]+))*)\s*;\s*$')
_JAAS_OPTION = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s";]+))')
_JAAS_MODULES = ("PlainLoginModule", "ScramLoginModule")
_BYTES_PER_KIB = 1024


def settings_for(passed: Mapping[str, str], prefixes: Sequence[str]) -> dict[str, str]:
    """The settings for one client under librdkafka's names.

    Args:
        passed: All that the user gave.
        prefixes: Prefixes that this client listens to; a later one wins over an earlier one, and over no prefix.

    Raises:
        ConfigurationError: A setting is given under two names, or in a form that only Java understands.
    """
    found = librdkafka_names((name, value) for name, value in passed.items() if not name.startswith(PREFIXES))
    for prefix in prefixes:
        special = ((name.removeprefix(prefix), value) for name, value in passed.items() if name.startswith(prefix))
        found |= librdkafka_names(special)
    return found


def librdkafka_names(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Settings under librdkafka's names."""
    found: dict[str, str] = {}
    written: dict[str, str] = {}
    for name, value in given:
        for translated, as_text in _translated(name, value):
            if translated in found:
                message = f"the client setting {translated} is given twice: as {written[translated]} and as {name}"
                raise ConfigurationError(message)
            found[translated] = as_text
            written[translated] = name
    return found


def _translated(name: str, value: str) -> Iterable[tuple[str, str]]:
    special = _SPECIAL.get(name)
    return special(value) if special is not None else ((_KAFKA_STREAMS.get(name, name), value),)


def _jaas(value: str) -> Iterable[tuple[str, str]]:
    """User and password out of a line for Java's login modules. It is never quoted: it holds the password."""
    line = _JAAS.match(value)
    options = {} if line is None else {name: quoted or bare for name, quoted, bare in _JAAS_OPTION.findall(line["options"])}
    if line is None or line["module"].rpartition(".")[2] not in _JAAS_MODULES or options.keys() != {"username", "password"}:
        message = "the client setting sasl.jaas.config is no PlainLoginModule or ScramLoginModule with username and password"
        raise ConfigurationError(message, hint="use sasl.username and sasl.password, or sasl.oauthbearer.*, instead")
    return (("sasl.username", options["username"]), ("sasl.password", options["password"]))


def _buffer_memory(value: str) -> Iterable[tuple[str, str]]:
    if not value.isdecimal() or int(value) < _BYTES_PER_KIB:
        message = f"the client setting buffer.memory is {value!r}, which is no number of bytes from {_BYTES_PER_KIB}"
        raise ConfigurationError(message)
    return (("queue.buffering.max.kbytes", str(int(value) // _BYTES_PER_KIB)),)


def _host_name_check(value: str) -> Iterable[tuple[str, str]]:
    """Java turns the check of the broker's name off with an empty text."""
    return (("ssl.endpoint.identification.algorithm", value or "none"),)


def _store_type(wanted: str, name: str) -> Callable[[str], Iterable[tuple[str, str]]]:
    """The type of a store of certificates: librdkafka reads one type only, so there is nothing to set."""

    def check(value: str) -> Iterable[tuple[str, str]]:
        if value.upper() == wanted:
            return ()
        message = f"the client setting {name} is {value!r}, and librdkafka reads only {wanted}"
        raise ConfigurationError(message, hint="convert the store, for example with keytool -importkeystore and openssl")

    return check


_SPECIAL: Mapping[str, Callable[[str], Iterable[tuple[str, str]]]] = {
    "sasl.jaas.config": _jaas,
    "buffer.memory": _buffer_memory,
    "ssl.endpoint.identification.algorithm": _host_name_check,
    "ssl.keystore.type": _store_type("PKCS12", "ssl.keystore.type"),
    "ssl.truststore.type": _store_type("PEM", "ssl.truststore.type"),
    "ssl.truststore.location": lambda value: (("ssl.ca.location", value),),
}
