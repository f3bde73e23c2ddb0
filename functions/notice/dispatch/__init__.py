"""Notices to the portal in batches, several at once, each with an outcome at the end."""
