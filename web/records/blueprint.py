"""The address under which all pages of the records lie."""

from flask import Blueprint

blueprint = Blueprint("records", __name__, url_prefix="/records")
