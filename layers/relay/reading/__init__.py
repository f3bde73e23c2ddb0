"""Reads the body of a callback: bytes to text (charsets) to fields (body) to a delivery.

`read` in `delivery` does it all, and raises nothing: what is an UnreadableError here is a text there.
"""
