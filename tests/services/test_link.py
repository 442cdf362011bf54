"""The sockets between processes."""

from __future__ import annotations

import errno
import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from kiosk.core.faults import LinkDown
from kiosk.services import link


class Question(msgspec.Struct, frozen=True):
    number: int


class Answer(msgspec.Struct, frozen=True):
    double: int


def doubling(path, **more):
    return link.Server(
        path, lambda connection: link.serve_requests(connection, Question, lambda q: Answer(q.number * 2)), **more
    )


@pytest.fixture
def server(tmp_path):
    server = doubling(tmp_path / "s.sock")
    yield tmp_path / "s.sock"
    server.close()


def test_a_question_gets_its_answer(server):
    assert link.ask(server, Question(21), Answer) == Answer(42)


def test_many_ask_at_once(server):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: link.ask(server, Question(n), Answer).double, range(100)))
    assert answers == [2 * n for n in range(100)]


def test_nobody_listening_is_one_clear_line(tmp_path):
    with pytest.raises(LinkDown, match="nobody answers"):
        link.ask(tmp_path / "nobody.sock", Question(1), Answer)


def test_a_machine_without_a_descriptor_left_is_a_link_that_is_down(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(LinkDown) as caught:
            link.connect(server)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "Too many open files" in str(caught.value)
    assert link.ask(server, Question(5), Answer) == Answer(10)


def test_a_folder_deeper_than_a_socket_address_is_no_trouble(tmp_path):
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    server = doubling(deep / "s.sock")
    assert len(str(deep)) > 108
    assert link.ask(deep / "s.sock", Question(2), Answer) == Answer(4)
    server.close()


def test_a_socket_left_over_by_a_killed_owner_is_replaced(tmp_path):
    path = tmp_path / "s.sock"
    link.listen(path).close()
    assert path.exists()
    server = doubling(path)
    assert link.ask(path, Question(3), Answer) == Answer(6)
    server.close()
    assert not path.exists()


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x04nope", b"\xff\xff\xff\xff"])
def test_a_message_that_is_not_understood_ends_the_connection_and_nothing_else(server, data):
    with link.connect(server) as stranger:
        stranger.sendall(data)
        assert stranger.recv(1) == b""
    assert link.ask(server, Question(4), Answer) == Answer(8)


def test_a_slow_answer_is_waited_for_only_so_long(tmp_path):
    release = threading.Event()
    server = link.Server(tmp_path / "slow.sock", lambda _: release.wait(5) and None)
    with pytest.raises(LinkDown, match="in time"):
        link.ask(tmp_path / "slow.sock", Question(1), Answer, timeout_s=0.05)
    release.set()
    server.close()


def test_more_than_the_most_connections_are_turned_away(tmp_path):
    server = doubling(tmp_path / "s.sock", most=1)
    with link.connect(tmp_path / "s.sock") as first:
        link.send(first, Question(1))
        assert link.receive(first, Answer) == Answer(2)
        with pytest.raises(LinkDown):
            link.ask(tmp_path / "s.sock", Question(2), Answer)
    server.close()


def test_a_listener_that_ran_out_of_descriptors_listens_on(server_and_path):
    server, path = server_and_path
    real, tried = server._listening, []

    class Exhausted:
        def accept(self):
            tried.append(1)
            server._listening = real
            raise OSError(errno.EMFILE, "Too many open files")

    server._listening = Exhausted()
    assert link.ask(path, Question(1), Answer) == Answer(2)
    assert link.ask(path, Question(2), Answer) == Answer(4)
    assert tried


@pytest.fixture
def server_and_path(tmp_path):
    server = doubling(tmp_path / "s.sock")
    yield server, tmp_path / "s.sock"
    server.close()


def test_a_listener_for_whom_no_thread_is_left_hangs_up_and_hears_the_next(server_and_path, monkeypatch):
    _, path = server_and_path
    starts = threading.Thread.start

    def refused(thread):
        if thread.name.startswith("link "):
            monkeypatch.setattr(threading.Thread, "start", starts)
            raise RuntimeError("can't start new thread")
        starts(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(LinkDown):
        link.ask(path, Question(1), Answer)
    assert link.ask(path, Question(2), Answer) == Answer(4)
