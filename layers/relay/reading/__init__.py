"""From the bytes of a body to a delivery: charsets, then body (its shape and fields), then delivery.

`read` raises nothing: what is an UnreadableError inside is a delivery of text outside.
"""

from relay.reading.delivery import Delivery, Handshake, read

__all__ = ["Delivery", "Handshake", "read"]
