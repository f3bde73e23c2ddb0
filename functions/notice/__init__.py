"""Hands notices from the queue to the EnOS portal in batches."""
