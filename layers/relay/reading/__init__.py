"""Reads the body of a callback: bytes to text to fields to a delivery."""
