"""Requests and answers of the functions that people invoke."""
