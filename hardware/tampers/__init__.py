"""Tamper switches: each driver's `open_device(arg)` gives a `Tamper` that tells when the case was opened."""
