"""The web's ear at the gate: pictures are asked for only while somebody looks."""

from __future__ import annotations

import errno
import threading
import time
from contextlib import closing

from kiosk.core.requests import AnyRequest
from kiosk.services import link
from kiosk.services.messages import Follow, State
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from web import gate as ear
from web.gate import Gate


def test_pictures_are_followed_only_while_a_page_shows_them(tmp_path):
    wishes: list[bool] = []
    more = threading.Condition()

    def serve(connection):
        first = link.receive(connection, AnyRequest | Follow)
        with more:
            wishes.append(first.pictures)
            more.notify_all()
        while True:
            link.send(connection, State(view=gate_stub.gate_view()))
            time.sleep(0.05)

    def came(count):
        with more:
            return more.wait_for(lambda: len(wishes) >= count, timeout=5)

    with closing(link.Server(tmp_path / "gate.sock", serve)), closing(Gate(tmp_path / "gate.sock")) as gate:
        gate.start()
        assert came(1)
        with gate.watched():
            assert came(2)
            with gate.watched():
                pass
        assert came(3)
        gate.wait(0, timeout_s=5)
        assert not gate.silent
    assert wishes == [False, True, False]


def test_an_ear_that_found_no_descriptor_hears_the_gate_as_soon_as_there_is_one(tmp_path, monkeypatch):
    real, tried = link.connect, []

    def connect(*given, **more):
        tried.append(given)
        if len(tried) < 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*given, **more)

    monkeypatch.setattr(link, "connect", connect)
    monkeypatch.setattr(ear, "RETRY_S", 0.01)
    with closing(GateStub(tmp_path / "gate.sock")), closing(Gate(tmp_path / "gate.sock")) as gate:
        gate.start()
        gate.wait(0, timeout_s=5)
        assert gate.following
        assert not gate.silent
    assert not gate.following
