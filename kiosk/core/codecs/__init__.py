"""Strict readers of the encodings that codes and files come in. Each takes bytes or text and refuses what is odd."""
