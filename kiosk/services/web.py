"""The web's process: serves the pages, owns `desk.db`, and answers those who ask for it by its socket."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flask import Flask

from kiosk.core.faults import KioskError, SettingsError
from kiosk.locale import gettext as _
from kiosk.services import duty_card
from kiosk.services.desk_forgetting import DeskForgetting
from kiosk.services.desk_owner import DeskOwner
from kiosk.services.fresh_venue import FreshVenue
from kiosk.services.listener import Adapter, Listener
from kiosk.services.notify import Notifier
from kiosk.services.stopping import Stopping
from kiosk.settings import Places, Settings, WebSection
from kiosk.store import durable
from kiosk.store.authority import Authority
from kiosk.store.desk import Desk, DeskRefusal, Role
from web import create_app, records
from web import settings as settings_pages
from web.gate import Gate

SPARE_THREADS = 10  # for ordinary requests, while every stream is taken
FIRST_MANAGER = "manager"
LOOK_EVERY_S = 2.0
_COOKIE_KEY_BYTES = 32
RENEW_EVERY_S = 3600.0  # or looked, whether the certificate has to be
_ANSWER_WITHIN_S = 3.0
_LARGEST_BODY = 16 * 1024 * 1024  # a roster; every other page takes less (web/safety.py)
_SLOW_S = 15  # a connection on which nothing moves for so long is closed
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - an address to ask, not to serve


class WebService:
    """The pages of one kiosk, from start to end."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        *,
        notifier: Notifier,
        say: Callable[[str], None] = print,
        main_settings: Path | None = None,
    ) -> None:
        self._settings = settings
        self._places = places
        self._notifier = notifier
        self._say = say
        self._main_settings = main_settings

    def run(self, stopping: Stopping) -> None:
        """Serves until `stopping` is set, and is gone within two seconds after it.

        Raises NotOwner when another process has `desk.db`, KioskError when the port is taken.
        """
        with ExitStack() as open_things:
            desk = open_things.enter_context(closing(Desk.open(self._places.desk)))
            desk.sessions.idle_s = self._settings.web.session_min * 60
            gate = Gate(self._places.gate_socket, pictures=self._settings.web.picture)
            forgetting = DeskForgetting(desk, self._settings.retention.audit_days, lambda: gate.view)
            open_things.enter_context(closing(DeskOwner(self._places.desk_socket, desk)))
            authority = Authority(self._places.tls)
            settings = under_own_authority(self._settings, authority)
            app = create_app(
                settings, self._places, desk, gate,
                secret=cookie_key(self._places), venue=self._venue(), card=partial(duty_card.name_on, self._places),
                main_settings=self._main_settings,
            )  # fmt: skip
            open_things.callback(records.close, app)
            open_things.callback(settings_pages.close, app)
            server = make_server(app, settings.web)
            open_things.callback(server.stop)
            open_things.callback(gate.close)  # first of all: it ends the streams
            gate.start()
            serving = threading.Thread(target=server.serve, name="web", daemon=True)
            serving.start()
            self._first_manager(desk)
            self._notifier.ready()
            renewed_s = float("-inf")
            while not stopping.wait(LOOK_EVERY_S):
                if time.monotonic() - renewed_s > RENEW_EVERY_S:
                    renewed_s = time.monotonic()
                    with suppress(OSError, SettingsError):  # tried again in an hour; there are 60 days left
                        renew(server, authority)
                forgetting.look()
                if serving.is_alive() and gate.following and answers(settings.web):
                    self._notifier.turn_done()
            self._notifier.stopping()

    def _venue(self) -> Callable[[datetime], str] | None:
        return FreshVenue(self._settings, self._places, self._say).text if self._settings.venue.on_screen else None

    def _first_manager(self, desk: Desk) -> None:
        """A fresh database has nobody who could log in: one manager is made, whose passphrase is said once."""
        if desk.users.list():
            return
        added = desk.users.add(FIRST_MANAGER, Role.MANAGER)
        if isinstance(added, DeskRefusal):
            raise KioskError(f"the first manager could not be made: {added}; say kiosk user add")
        user, passphrase = added
        self._say(_("First log-in, shown this once: %(name)s  %(passphrase)s", name=user.name, passphrase=passphrase))


def under_own_authority(settings: Settings, authority: Authority) -> Settings:
    """The settings with the certificate that `kiosk tls init` made, where none is given in them."""
    if settings.web.tls_cert or not authority.there:
        return settings
    web = replace(settings.web, tls_cert=str(authority.chain), tls_key=str(authority.key))
    return replace(settings, web=web)


def renew(server: Listener, authority: Authority, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """A fresh certificate where the old one ends soon; whoever connects from now on gets it.

    Raises SettingsError, OSError.
    """
    adapter = server.ssl_adapter
    if adapter is None or adapter.certificate != str(authority.chain) or not authority.due(now()):
        return
    authority.renew(now())
    adapter.context.load_cert_chain(str(authority.chain), str(authority.key))


def make_server(app: Flask, web: WebSection) -> Listener:
    """The listening server. Raises KioskError with one line when the address or the certificate cannot be used."""
    server = Listener(
        (web.host, web.port),
        app,
        numthreads=web.streams + SPARE_THREADS,
        server_name="kiosk",
        timeout=_SLOW_S,
        shutdown_timeout=1,
        request_queue_size=64,
    )
    server.max_request_body_size = _LARGEST_BODY
    if web.tls_cert:
        server.ssl_adapter = _certificate(web)
    try:
        server.prepare()
    except OSError as error:
        found = re.search(r"\[Errno -?\d+\] ([^)]+)\)", str(error))  # cheroot tells the cause in its text alone
        reason = found[1] if found else str(error)
        raise KioskError(
            f"{web.host} port {web.port} cannot be used ({reason}); "
            "end what uses it, or choose another with --host and --port"
        ) from error
    return server


def _certificate(web: WebSection) -> Adapter:
    try:
        adapter = Adapter(web.tls_cert, web.tls_key or None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"web.tls_cert: {web.tls_cert} cannot be used: {error}") from error
    adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    return adapter


def answers(web: WebSection) -> bool:
    """Whether the pages answer on their own socket in time; this is what the watchdog is fed with."""
    host = _ANYWHERE.get(web.host, web.host)
    connection: http.client.HTTPConnection
    if web.tls_cert:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # it is ourselves whom we ask
        connection = http.client.HTTPSConnection(host, web.port, timeout=_ANSWER_WITHIN_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, web.port, timeout=_ANSWER_WITHIN_S)
    with closing(connection):
        try:
            connection.request("GET", "/health", headers={"Accept": "application/json"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def cookie_key(places: Places) -> bytes:
    """The key that signs cookies: made once, kept beside `desk.db`, readable to the web alone."""
    path: Path = places.desk.with_name("cookie.key")
    return durable.secret(path, _COOKIE_KEY_BYTES, 0o600)
