"""Voices: each driver's `open_device(arg, wording)` gives a `Voice` that says what to do next, never why.

`wording` gives the words of a phrase in a language; only drivers that speak from text use it.
"""
