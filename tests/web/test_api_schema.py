"""The API against its own description: made-up requests to the running server, and every answer as it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from kiosk.core.desk_requests import Role, Scope
from kiosk.services.web import make_server
from kiosk.settings import Settings, WebSection, places
from kiosk.store import users
from kiosk.store.desk import Desk
from tests.support import written_logbook
from tests.support.gate_stub import GateStub
from tests.support.ports import free_port
from web import create_app
from web.gate import Gate


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running server over a real logbook and a scripted gate, and a token for everything."""
    folder: Path = tmp_path_factory.mktemp("api")
    at, port = places(folder), free_port()
    configured = Settings(web=WebSection(port=port))
    users._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with closing(Desk.open(at.desk)) as desk, closing(GateStub(at.gate_socket)), closing(Gate(at.gate_socket)) as gate:
        desk.users.add("manager", Role.MANAGER)
        _, secret = desk.tokens.add("test", list(Scope), days=1, by="u1")
        written_logbook.write(at, [written_logbook.draft(number) for number in range(1, 30)])
        gate.start()
        app = create_app(configured, at, desk, gate, secret=b"s" * 32, config={"RATELIMIT_ENABLED": False})
        server = make_server(app, configured.web)
        threading.Thread(target=server.serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{port}/api/v1", secret
        finally:
            server.stop()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/state"),
        ("GET", "/entries"),
        ("GET", "/entries/{seq}"),
        ("GET", "/head"),
        ("GET", "/days/{day}"),
        ("GET", "/inside"),
        ("POST", "/roster"),
    ],
)
def test_whatever_is_asked_the_answer_is_one_that_the_description_names(served, method, path):
    address, secret = served
    schema = schemathesis.openapi.from_dict(requests.get(f"{address}/openapi.json", timeout=5).json())
    schema.config.update(base_url=address)
    assert sum(1 for _ in schema.get_all_operations()) == 7

    @hypothesis_settings(
        max_examples=25, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck], database=None
    )
    @given(case=schema[path][method].as_strategy())
    def ask(case):
        case.call_and_validate(
            headers={"Authorization": f"Bearer {secret}"},
            timeout=10,
            checks=[not_a_server_error, response_schema_conformance, status_code_conformance],
        )

    ask()
