"""Buttons: each driver's `open_device(arg)` gives `Buttons` that tell of each press once."""
