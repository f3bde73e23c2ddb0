"""Writes the event reference in events/: JSON Schemas, an AsyncAPI document, a page in two languages."""
