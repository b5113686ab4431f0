import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest

from headrace.cluster.ports import free_ports, is_taken, refuse_taken_ports
from headrace.cluster.spec import BrokerSpec
from headrace.core.errors import ClusterError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_is_taken_while_somebody_listens(taken: int):
    assert is_taken(taken)


def test_the_message_names_port_use_and_broker(taken: int):
    with pytest.raises(ClusterError, match=rf"listens on port {taken} \(clients of broker 7\)") as caught:
        refuse_taken_ports([BrokerSpec(7, taken)], sasl=False)
    assert f"lsof -i :{taken}" in str(caught.value)

    with pytest.raises(ClusterError, match=rf"{taken} \(controller of broker 7\)"):
        refuse_taken_ports([BrokerSpec(7, taken - 2)], sasl=False)


def test_the_port_for_sasl_matters_only_with_sasl(taken: int):
    with pytest.raises(ClusterError, match=rf"{taken} \(SASL_SSL of broker 1\)"):
        refuse_taken_ports([BrokerSpec(1, taken - 1)], sasl=True)


def test_free_ports_leave_room_for_the_others_of_a_broker():
    ports = sorted(free_ports(3))

    assert len(ports) == 3
    assert all(second - first >= 3 for first, second in pairwise(ports))
    assert not any(is_taken(port + more) for port in ports for more in range(3))
