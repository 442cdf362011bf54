"""The address under which all pages of the settings lie."""

from flask import Blueprint

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
