"""Who looked, saved, changed and logged in: the audit, to read and to take along."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask_login import current_user

from kiosk.core import daily
from kiosk.core.entry import iso
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.audit import ActFilter
from kiosk.store.desk import Role
from kiosk.store.export import BOM, neutral
from web.access import requires
from web.parts import parts
from web.records.blueprint import blueprint
from web.wording import who

PAGE = 50
MOST = 100_000  # acts in one file


@blueprint.get("/looks")
@requires(Role.MANAGER)
def acts() -> str:
    """The newest acts of the filter."""
    chosen, address = _chosen()
    before = request.args.get("before", type=int)
    found = parts().desk.audit.page(before, PAGE + 1, chosen)
    return render_template(
        "records/acts.html",
        acts=found[:PAGE],
        older=found[PAGE - 1].seq if len(found) > PAGE else None,
        before=before,
        address=address,
        users=[(user.id, user.name) for user in parts().desk.users.list()],
        kinds=words.ACTS,
    )


@blueprint.get("/looks.csv")
@requires(Role.MANAGER)
def acts_file() -> Response:
    """The acts of the filter, newest first, as a spreadsheet reads them."""
    chosen, address = _chosen()
    zone = ZoneInfo(parts().settings.kiosk.timezone)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Number"), _("Time"), _("Who"), _("What"), _("Detail")])
    for act in parts().desk.audit.page(None, MOST, chosen):
        cells = (act.at.astimezone(zone).isoformat(timespec="seconds"), who(act.who), words.say(words.ACTS, act.what))
        writer.writerow([act.seq, *(neutral(cell) for cell in (*cells, act.detail))])
    told = " ".join(f"{name}={value}" for name, value in address.items())
    parts().desk.audit.write("audit_downloaded", by=current_user.id, detail=told)
    response = Response((BOM + out.getvalue()).encode("utf-8", "replace"), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="looks.csv"'
    return response


def _chosen() -> tuple[ActFilter, dict[str, str]]:
    """The filter of the address, and its parameters without those that mean nothing."""
    zone = ZoneInfo(parts().settings.kiosk.timezone)
    address = {name: request.args.get(name, "") for name in ("who", "what", "since", "until")}
    known = {user.id for user in parts().desk.users.list()} | set(words.ACTORS)
    if address["who"] not in known:
        address["who"] = ""
    if address["what"] not in words.ACTS:
        address["what"] = ""
    days = {name: _day(address[name]) for name in ("since", "until")}
    address = {name: value for name, value in address.items() if value and days.get(name, value)}
    since, until = days["since"], days["until"]
    chosen = ActFilter(
        who=address.get("who", ""),
        what=address.get("what", ""),
        since=iso(daily.span(since, zone)[0]) if since else "",
        until=iso(daily.span(until + timedelta(days=1), zone)[0]) if until else "",
    )
    return chosen, address


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(9000, 1, 1) else None
