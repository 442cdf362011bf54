"""From a camera's frame to the lamp while 20 desks follow the gate and 5 people read the records."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from kiosk.settings import Places
from kiosk.store.desk import Desk, Role
from tests.bench import latency
from tests.support import written_logbook
from tests.support.figures import CannotMeasure, Figure, at_most
from tests.support.gates import end, eventually, fresh_places, start
from tests.support.ports import free_port

DESKS, READERS = 20, 5
ROWS = 2000  # in the log before anybody comes
READ_EVERY_S = 1.0  # somebody looks at a page of records so often
PASSPHRASE = "correct horse battery"
READ = ("/records", "/records?outcome=check", "/records/charts?days=7", "/records/inside")


def measure(smoke: bool) -> Iterable[Figure]:
    """The same people before the same gate, without anybody who looks on and with everybody."""
    people = 10 if smoke else 100
    crowd = Crowd(3 if smoke else DESKS, 2 if smoke else READERS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        latency.queue(folder, people)
        alone = latency.to_the_lamp(fresh_places(folder / "alone"), folder, people)
        at = fresh_places(folder / "among")
        with crowd.around(at):
            among = latency.to_the_lamp(at, folder, people)
    if crowd.refused:
        raise CannotMeasure(f"{crowd.refused} of {crowd.desks} desks were refused")
    yield Figure("frame → lamp with row on disk, nobody looks on, p99", float(np.percentile(alone, 99)) * 1000, "ms")
    yield at_most(
        f"the same beside {crowd.desks} desks and {crowd.readers} readers of records, p99",
        float(np.percentile(among, 99)) * 1000,
        "ms",
        100,
    )
    yield Figure("the same, median", float(np.median(among)) * 1000, "ms")
    yield Figure("changes that reached the desks", float(crowd.heard))
    yield Figure("a page of records meanwhile, median", float(np.median(crowd.pages_s)) * 1000, "ms")


class Crowd:
    """People at desks and records of one kiosk, each with a connection of their own."""

    def __init__(self, desks: int, readers: int) -> None:
        self.desks, self.readers = desks, readers
        self.heard = self.refused = 0
        self.pages_s: list[float] = []
        self._going = threading.Event()

    @contextmanager
    def around(self, at: Places) -> Iterator[None]:
        """Within, the pages are served and everybody looks at them."""
        written_logbook.write(at, [written_logbook.draft(number) for number in range(ROWS)])
        with closing(Desk.open(at.desk)) as desk:
            desk.users.add("manager", Role.MANAGER, PASSPHRASE)
        port = free_port()
        web = start("web", "--port", str(port), at=at)
        self._going.set()
        people: list[threading.Thread] = []
        try:
            cookie = eventually(lambda: _logged_in(port), within_s=40)
            for look in [self._follow] * self.desks + [self._read] * self.readers:
                people.append(threading.Thread(target=look, args=(port, cookie)))
                people[-1].start()
            eventually(lambda: self.heard + self.refused >= self.desks and self.pages_s, within_s=60)
            yield
        finally:
            self._going.clear()
            end(web)
            for each in people:
                each.join(timeout=15)

    def _follow(self, port: int, cookie: str) -> None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as line:
            line.request("GET", "/desk/events", headers={"Cookie": cookie})
            answer = line.getresponse()
            self.refused += answer.status != 200
            with suppress(OSError):  # the pages are gone: it is over
                while self._going.is_set() and (text := answer.readline()):
                    self.heard += text.startswith(b"event: parts")

    def _read(self, port: int, cookie: str) -> None:
        number = 0
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as line:
            while self._going.is_set():
                began_s = time.monotonic()
                try:
                    line.request("GET", READ[number % len(READ)], headers={"Cookie": cookie})
                    line.getresponse().read()
                except (OSError, HTTPException):
                    return  # the same
                self.pages_s.append(time.monotonic() - began_s)
                number += 1
                time.sleep(max(0.0, READ_EVERY_S - (time.monotonic() - began_s)))


def _logged_in(port: int) -> str:
    """The cookie of the manager's log-in. Raises OSError while nobody listens."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request("GET", "/login")
        answer = line.getresponse()
        before = str(answer.headers["Set-Cookie"]).partition(";")[0]
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
        assert found is not None
        form = urlencode({"csrf_token": found[1], "name": "manager", "secret": PASSPHRASE})
        headers = {"Cookie": before, "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/login", form, headers)
        answer = line.getresponse()
        assert answer.status in (302, 303), "the log-in was refused"
        return str(answer.headers["Set-Cookie"]).partition(";")[0]
