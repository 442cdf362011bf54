"""The technician's comparison of a lane's thermometer with a better one, as `kiosk thermometer calibrate` makes it.

The comparisons live in the page's form until they are kept: nothing is half written, and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from kiosk.core import calibration
from kiosk.core import rules as rules_file
from kiosk.core.calibration import LEAST_PAIRS, Agreement, Flaw, Method, Pair, Record
from kiosk.core.codecs import plain
from kiosk.core.faults import SettingsError
from kiosk.core.rules import Rules, TemperatureRules
from kiosk.core.view import DeviceView
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Lane
from kiosk.store import calibrations
from kiosk.store.desk import Role
from web.access import requires_one_of
from web.asking import field
from web.parts import parts

MOST = 60  # comparisons on one page
REFERENCES, HERE, AIR = (20.0, 50.0), (10.0, 60.0), (-40.0, 85.0)  # °C that can be meant
_LONGEST = 12  # characters of a temperature
_LONGEST_REFERENCE = 120

blueprint = Blueprint("calibration", __name__, url_prefix="/calibration")
Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison as it was typed, °C."""

    reference: str = ""
    here: str = ""
    air: str = ""
    wrong: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it: then it does not count."""
        return not (self.reference or self.here)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole form."""

    method: Method
    reference: str = ""
    rows: tuple[Row, ...] = ()


class NotTaken(Exception):
    """What was typed cannot be meant; the text says what to do."""


@blueprint.get("")
@requires_one_of(Role.MANAGER, Role.TECHNICIAN)
def show() -> Page:
    """How the lane's thermometer stands, and an empty form."""
    return _page(_lane(), Sheet(Method.BLACKBODY))


@blueprint.post("")
@requires_one_of(Role.MANAGER, Role.TECHNICIAN)
def show_compared() -> Page:
    """Takes the gate's reading into the form, works the comparisons out, or keeps them."""
    lane, sheet, rules = _lane(), _sheet(), _rules()
    if request.form.get("do") == "take":
        try:
            sheet = _taken(sheet, _device(lane), rules)
        except NotTaken as why:
            return _page(lane, sheet, str(why)), 409
    pairs, rows = _read(sheet, _device(lane))
    sheet = replace(sheet, rows=rows)
    if any(row.wrong for row in rows):
        return _page(lane, sheet, _("Please mend what is marked. Nothing was kept.")), 422
    if request.form.get("do") == "keep":
        return _keep(lane, sheet, pairs)
    return _page(lane, sheet, pairs=pairs)


def _keep(lane: Lane, sheet: Sheet, pairs: Sequence[Pair]) -> Page:
    if not sheet.reference:
        return _page(lane, sheet, _("Please say what you compared with: maker, type, number."), pairs), 422
    path = parts().places.calibration(lane.name)
    if field("since") != _mark(_kept(lane)[0]):
        said = _("Somebody else kept a comparison meanwhile, which is shown above. Keep yours again to replace it.")
        return _page(lane, sheet, said, pairs), 409
    device = _device(lane)
    record = calibration.conclude(
        pairs, lane=lane.name, driver=lane.thermometer, part=device.facts.get("id", "") if device else "",
        method=sheet.method, reference=sheet.reference, by=current_user.name, at=parts().now(),
    )  # fmt: skip
    if isinstance(record, Flaw):
        return _page(lane, sheet, words.say(words.CALIBRATION_FLAWS, record), pairs), 422
    try:
        calibrations.save(path, record)
    except OSError as error:
        said = _("It could not be kept: %(why)s. The page still holds everything.", why=error.strerror)
        return _page(lane, sheet, said, pairs), 503
    found = record.agreement
    told = f"{lane.name} {sheet.method} pairs={len(pairs)} bias={found.bias_c:+.2f} spread={found.spread_c:.2f}"
    parts().desk.audit.write("thermometer_compared", by=current_user.id, detail=f"{told} good={record.good}")
    return redirect(url_for("calibration.show", lane=lane.name, said="kept"), code=303)


# --- What was typed, and what the gate read -----------------------------------------------------------------


def _sheet() -> Sheet:
    try:
        method = Method(request.form.get("method", Method.BLACKBODY))
    except ValueError:
        abort(400)
    names = ("better", "here", "air")
    columns = ([plain.words(text, _LONGEST) for text in request.form.getlist(name)[:MOST]] for name in names)
    rows = (Row(*texts) for texts in zip_longest(*columns, fillvalue=""))
    return Sheet(method, field("reference")[:_LONGEST_REFERENCE], tuple(row for row in rows if not row.empty))


def _taken(sheet: Sheet, device: DeviceView | None, rules: TemperatureRules) -> Sheet:
    """The form with the gate's last reading beside the newest value that has none yet. Raises NotTaken."""
    if device is None or not device.ok or device.celsius is None:
        state = words.say(words.DEVICE_STATES, device.state if device else "silent")
        raise NotTaken(_("There is no reading to take: the thermometer %(state)s.", state=state))
    waiting = [number for number, row in enumerate(sheet.rows) if row.reference and not row.here]
    if not waiting:
        raise NotTaken(_("Type first what the better instrument shows."))
    row = sheet.rows[waiting[-1]]
    found = calibration.pair(_celsius(row.reference, REFERENCES), *device.celsius, sheet.method, rules)
    row = replace(row, here=f"{found.measured_c:.2f}", air=f"{found.ambient_c:.2f}")
    return replace(sheet, rows=(*sheet.rows[: waiting[-1]], row, *sheet.rows[waiting[-1] + 1 :]))


def _read(sheet: Sheet, device: DeviceView | None) -> tuple[list[Pair], tuple[Row, ...]]:
    """The comparisons of the form, and its rows with what is wrong in them."""
    pairs: list[Pair] = []
    rows: list[Row] = []
    for row in sheet.rows:
        if not row.air and device is not None and device.ok and device.celsius is not None:
            row = replace(row, air=f"{device.celsius[1]:.2f}")  # noqa: PLW2901 - the air is the same for all of them
        try:
            pairs.append(Pair(_celsius(row.reference, REFERENCES), _celsius(row.here, HERE), _celsius(row.air, AIR)))
        except NotTaken as why:
            row = replace(row, wrong=str(why))  # noqa: PLW2901
        rows.append(row)
    return pairs, tuple(rows)


def _celsius(text: str, within: tuple[float, float]) -> float:
    """A temperature as people type it. Raises NotTaken."""
    if not text:
        raise NotTaken(_("a temperature is missing"))
    try:
        value = float(text.replace(",", ".").replace("。", ".").removesuffix("°C"))
    except ValueError:
        value = float("nan")
    if not within[0] <= value <= within[1]:
        raise NotTaken(_("%(text)s is no temperature, such as 36.6", text=text))
    return value


# --- The page -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comparisons come to, in numbers, and what is to be done about it."""

    agreement: Agreement
    good: bool
    picture: Markup
    offset: float

    def numbers(self) -> Iterator[tuple[str, str]]:
        """Each number with its name."""
        found = self.agreement
        yield _("Bias"), f"{found.bias_c:+.2f} °C"
        yield _("Spread"), f"{found.spread_c:.2f} °C"
        yield _("Limits of agreement"), f"{found.lower_c:+.2f} … {found.upper_c:+.2f} °C"
        yield _("Lean from cold to warm"), f"{found.slope:+.3f} °C/°C"


def _page(lane: Lane, sheet: Sheet, problem: str = "", pairs: Sequence[Pair] = ()) -> str:
    rules, device = _rules(), _device(lane)
    kept, broken = _kept(lane)
    part = device.facts.get("id", "") if device else ""
    found = calibration.compare(pairs, sheet.method) if pairs else Flaw.TOO_FEW
    empty = max(1, LEAST_PAIRS - len(sheet.rows)) if len(sheet.rows) < MOST else 0
    return render_template(
        "calibration/page.html",
        lanes=[each.name for each in parts().settings.lane],
        lane=lane,
        device=device,
        simulated=lane.thermometer.partition(":")[0] == "simulated",
        record=kept,
        broken=broken,
        since=_mark(kept),
        standing=calibration.standing(kept, rules, parts().now(), part),
        until=calibration.expires(kept, rules) if kept else None,
        in_force=_outcome(kept.pairs, kept.agreement, rules) if kept else None,
        sheet=sheet,
        rows=(*sheet.rows, *(Row() for _number in range(empty))),
        outcome=_outcome(pairs, found, rules) if isinstance(found, Agreement) else None,
        flaw=found if isinstance(found, Flaw) and pairs else None,
        problem=problem,
        allowed=calibration.ALLOWED_BIAS_C,
        days=rules.calibration_days,
        kept_now=request.args.get("said") == "kept",
    )


def _outcome(pairs: Sequence[Pair], agreement: Agreement, rules: TemperatureRules) -> Outcome:
    picture = calibration.picture(pairs, agreement, words.calibration_picture())
    return Outcome(
        agreement,
        calibration.is_good(agreement),
        Markup(picture),  # noqa: S704 - it escapes its words, and all else in it are numbers
        calibration.offset(agreement, rules),
    )


def _lane() -> Lane:
    """The lane that the page is about; the first where it names none."""
    name = request.values.get("lane", "")
    return next((lane for lane in parts().settings.lane if name in ("", lane.name)), None) or abort(404)


def _device(lane: Lane) -> DeviceView | None:
    """The lane's thermometer as the gate tells of it; None while the gate is silent."""
    view = parts().gate.view
    every = view.devices if view else ()
    return next((each for each in every if each.name == "thermometer" and each.lane in ("", lane.name)), None)


def _kept(lane: Lane) -> tuple[Record | None, str]:
    """The record in force, or why what is there is none."""
    try:
        return calibrations.load(parts().places.calibration(lane.name)), ""
    except SettingsError as error:
        return None, str(error)


def _mark(record: Record | None) -> str:
    return record.at.isoformat() if record else ""


def _rules() -> TemperatureRules:
    """Those in force; the usual ones where the file is wrong, which the page of the rules says."""
    path = parts().places.rules
    try:
        return (rules_file.parse(path.read_bytes(), str(path)) if path.exists() else Rules()).temperature
    except SettingsError:
        return Rules().temperature
