"""Finishes what was kept and not published, and publishes kept events once more."""
