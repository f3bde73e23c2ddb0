"""Registers the callback with the Mozi gateway, and works off its list of failed callbacks."""
