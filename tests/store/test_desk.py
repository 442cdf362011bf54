"""Users, sessions and audit of the desk."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlite_utils import Database

from kiosk.core.faults import DeskUnwritable, NotOwner
from kiosk.store import users
from kiosk.store.desk import Desk, DeskRefusal, LoginRefusal, Refused, Role, SecretRefused, User
from kiosk.store.migrations.desk import migrations

START = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
PIN = "482915"
HASHER = users._hasher


class Turned:
    """A clock that a test turns."""

    time = START

    def __call__(self) -> datetime:
        return self.time

    def on(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with little work, so that tests are quick."""
    monkeypatch.setattr(users, "_hasher", users.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def turned() -> Turned:
    return Turned()


@pytest.fixture
def opened(tmp_path: Path, turned: Turned) -> Callable[[], Desk]:
    return lambda: Desk.open(tmp_path / "web" / "desk.db", now=turned)


@pytest.fixture
def desk(opened: Callable[[], Desk]) -> Iterator[Desk]:
    made = opened()
    yield made
    made.close()


def volunteer(desk: Desk, name: str = "Li Na") -> User:
    added = desk.users.add(name, Role.VOLUNTEER, PIN)
    assert isinstance(added, tuple)
    return added[0]


def test_hashing_costs_what_the_design_says() -> None:
    assert (HASHER.time_cost, HASHER.memory_cost, HASHER.parallelism) == (2, 19_456, 1)
    assert HASHER.hash("x").startswith("$argon2id$")


def test_a_user_is_known_by_name_or_id_and_only_with_the_right_secret(desk: Desk) -> None:
    user = volunteer(desk)
    assert desk.users.check("Li Na", PIN) == user
    assert desk.users.check("LI NA", PIN) == user
    assert desk.users.check(user.id, PIN) == user
    for name, secret in (("Li Na", "482916"), ("Nobody", PIN), ("", ""), ("\ud800", "\ud800"), ("Li Na", "x" * 9999)):
        assert isinstance(desk.users.check(name, secret), Refused)


@pytest.mark.parametrize(
    ("role", "secret", "refused"),
    [
        (Role.VOLUNTEER, "12345", DeskRefusal.PIN_TOO_SHORT),
        (Role.VOLUNTEER, "abcdef", DeskRefusal.PIN_NOT_DIGITS),
        (Role.VOLUNTEER, "٤٨٢٩١٥", DeskRefusal.PIN_NOT_DIGITS),
        (Role.VOLUNTEER, "111111", DeskRefusal.PIN_TOO_SIMPLE),
        (Role.VOLUNTEER, "456789", DeskRefusal.PIN_TOO_SIMPLE),
        (Role.VOLUNTEER, "987654", DeskRefusal.PIN_TOO_SIMPLE),
        (Role.MANAGER, "short", DeskRefusal.PASSPHRASE_TOO_SHORT),
    ],
)
def test_a_weak_secret_is_refused_by_name(desk: Desk, role: Role, secret: str, refused: DeskRefusal) -> None:
    assert desk.users.add("Li Na", role, secret) is refused
    assert desk.users.list() == ()


def test_a_name_is_taken_whatever_its_case_and_must_not_look_like_an_id(desk: Desk) -> None:
    volunteer(desk)
    assert desk.users.add("ＬＩ　ＮＡ", Role.MANAGER) is DeskRefusal.NAME_TAKEN
    assert desk.users.add("U1", Role.MANAGER) is DeskRefusal.NAME_TAKEN
    assert desk.users.add(" \x00 ", Role.MANAGER) is DeskRefusal.NAME_EMPTY


def test_made_up_secrets_are_strong_enough_and_differ(desk: Desk) -> None:
    for role in Role:
        made = {desk.users.made_up(role) for _ in range(20)}
        assert len(made) > 15
        assert not any(users.too_weak(role, secret) for secret in made)


def test_wrong_secrets_make_one_wait_longer_each_time_even_after_a_restart(
    opened: Callable[[], Desk], turned: Turned
) -> None:
    desk = opened()
    volunteer(desk)
    volunteer(desk, "Wang Wei")
    waits = []
    for _ in range(6):
        refused = desk.users.check("Li Na", "000000")
        assert isinstance(refused, Refused)
        waits.append(refused.wait_s)
        turned.on(seconds=refused.wait_s)
    assert waits == [0, 0, 5, 10, 20, 40]
    assert isinstance(desk.users.check("Li Na", "000000"), Refused)
    desk.close()
    again = opened()
    assert again.users.check("Li Na", PIN) == Refused(LoginRefusal.WAIT, 80)
    assert isinstance(again.users.check("Wang Wei", PIN), User)
    turned.on(seconds=81)
    assert isinstance(again.users.check("Li Na", PIN), User)
    assert isinstance(again.users.check("Li Na", "000000"), Refused)
    assert isinstance(again.users.check("Li Na", PIN), User)
    again.close()


def test_the_wait_has_an_end_and_a_clock_set_back_does_not_lengthen_it(desk: Desk, turned: Turned) -> None:
    volunteer(desk)
    for _ in range(15):
        desk.users.check("Li Na", "000000")
        turned.on(seconds=900)
    refused = desk.users.check("Li Na", "000000")
    assert refused == Refused(LoginRefusal.WRONG, 900)
    turned.on(days=-300)
    assert desk.users.check("Li Na", PIN) == Refused(LoginRefusal.WAIT, 900)


def test_guessing_over_many_names_holds_everybody_back_for_a_moment(desk: Desk, turned: Turned) -> None:
    volunteer(desk)
    for number in range(users.ALL_TRIES):
        desk.users.check(f"name {number}", "000000")
    assert desk.users.check("Li Na", PIN) == Refused(LoginRefusal.WAIT, 30)
    turned.on(seconds=31)
    assert isinstance(desk.users.check("Li Na", PIN), User)


def test_one_hash_is_made_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    volunteer(desk)
    running, most = 0, 0
    guard = threading.Lock()

    class Counting:
        def verify(self, hashed: str, secret: bytes) -> bool:
            nonlocal running, most
            with guard:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.01)
            with guard:
                running -= 1
            return True

    monkeypatch.setattr(users, "_hasher", Counting())
    threads = [threading.Thread(target=desk.users.check, args=("Li Na", PIN)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_session_outlives_a_restart_and_ends_when_idle(opened: Callable[[], Desk], turned: Turned) -> None:
    desk = opened()
    user = volunteer(desk)
    token = desk.sessions.open(user.id)
    desk.close()
    again = opened()
    for _ in range(3):
        turned.on(minutes=50)
        session = again.sessions.find(token)
        assert session is not None
        assert session.user == user
    turned.on(minutes=50)
    assert again.sessions.find(token, touch=False) is not None
    turned.on(minutes=15)
    assert again.sessions.find(token) is None
    again.close()


def test_a_session_ends_by_logging_out_or_when_its_user_is_disabled(desk: Desk) -> None:
    user = volunteer(desk)
    one, two = desk.sessions.open(user.id), desk.sessions.open(user.id)
    desk.sessions.close(one)
    assert desk.sessions.find(one) is None
    assert desk.sessions.find(two) is not None
    assert desk.sessions.find("guessed") is None
    assert desk.users.enable(user.id, enabled=False, by="u9") is None
    assert desk.sessions.find(two) is None
    assert isinstance(desk.users.check("Li Na", PIN), Refused)


def test_neither_secrets_nor_tokens_stand_in_the_file(desk: Desk, tmp_path: Path) -> None:
    added = desk.users.add("Boss", Role.MANAGER)
    assert isinstance(added, tuple)
    token = desk.sessions.open(added[0].id)
    for file in (tmp_path / "web").iterdir():
        assert added[1].encode() not in file.read_bytes()
        assert token.encode() not in file.read_bytes()


def test_another_secret_is_taken_or_refused_by_name(desk: Desk) -> None:
    user = volunteer(desk)
    desk.users.set_secret(user.id, "905173")
    assert desk.users.check("Li Na", "905173") == user
    with pytest.raises(SecretRefused) as refused:
        desk.users.set_secret(user.id, "123456")
    assert refused.value.reason is DeskRefusal.PIN_TOO_SIMPLE
    with pytest.raises(SecretRefused):
        desk.users.set_secret("u99", "905173")


def test_another_secret_ends_every_session_that_the_old_one_opened(desk: Desk) -> None:
    user = volunteer(desk)
    token = desk.sessions.open(user.id)
    desk.users.set_secret(user.id, "905173")
    assert desk.sessions.find(token) is None


def test_whoever_is_locked_out_gets_a_new_secret_and_waits_no_more(desk: Desk) -> None:
    user = volunteer(desk)
    for _ in range(4):
        desk.users.check("Li Na", "000000")
    assert desk.users.check("Li Na", PIN).reason is LoginRefusal.WAIT
    reset = desk.users.reset(user.id, by="cli")
    assert isinstance(reset, tuple)
    assert desk.users.check("Li Na", reset[1]) == user
    assert isinstance(desk.users.check("Li Na", PIN), Refused)
    assert desk.users.reset("u99", by="cli") is DeskRefusal.UNKNOWN_USER
    assert ("cli", "secret_reset", f"user={user.id}") in [(act.who, act.what, act.detail) for act in desk.audit.page()]


def test_the_last_manager_cannot_be_shut_out(desk: Desk) -> None:
    first, second = (desk.users.add(name, Role.MANAGER)[0] for name in ("Boss", "Deputy"))
    assert desk.users.enable(first.id, enabled=False, by="u9") is None
    assert desk.users.enable(second.id, enabled=False, by="u9") is DeskRefusal.LAST_MANAGER
    assert desk.users.enable("u99", enabled=False, by="u9") is DeskRefusal.UNKNOWN_USER
    assert desk.users.find(second.id).enabled


def test_the_audit_tells_who_did_what_newest_first_and_is_forgotten_in_time(desk: Desk, turned: Turned) -> None:
    user = volunteer(desk)
    desk.sessions.open(user.id)
    desk.users.check("Li Na", "000000")
    turned.on(days=1)
    desk.audit.write("records downloaded", by=user.id, detail="outcome=deny\x00\u202e")
    assert [(act.who, act.what) for act in desk.audit.page()] == [
        ("u1", "records downloaded"),
        ("u1", "secret_wrong"),
        ("u1", "login"),
    ]
    assert desk.audit.page(limit=1)[0].detail == "outcome=deny"
    assert [act.seq for act in desk.audit.page(before=3)] == [2, 1]
    assert desk.audit.purge(date(2026, 11, 22)) == 2
    assert len(desk.audit.page()) == 1


def test_a_second_owner_is_refused(desk: Desk, opened: Callable[[], Desk]) -> None:
    with pytest.raises(NotOwner):
        opened()


def test_a_change_that_cannot_be_written_is_named_and_changes_nothing(desk: Desk) -> None:
    assert desk.works()
    desk._file._db.execute("PRAGMA query_only = ON")
    assert not desk.works()
    with pytest.raises(DeskUnwritable, match="could not be written"):
        desk.audit.write("login", by="u1")
    desk._file._db.execute("PRAGMA query_only = OFF")
    assert desk.audit.page() == ()


STEPS = [step.name for step in migrations._migrations]


@pytest.mark.parametrize("stop", [*STEPS, None])
def test_every_earlier_shape_is_brought_to_the_newest(
    opened: Callable[[], Desk], tmp_path: Path, stop: str | None
) -> None:
    (tmp_path / "web").mkdir()
    db = connect(tmp_path / "web" / "desk.db", isolation_level=None)
    migrations.apply(Database(db), stop_before=stop)
    db.close()
    desk = opened()
    volunteer(desk)
    assert desk.roster.count() == 0
    desk.close()
