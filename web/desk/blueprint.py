"""The address under which all pages of the desk lie."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
