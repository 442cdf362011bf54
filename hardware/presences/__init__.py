"""Presence: each driver's `open_device(arg)` gives a `Presence` that tells who stands before the thermometer.

A sensor that fails tells so, and the gate goes by the temperature alone meanwhile: it never invents somebody.
"""
