"""From the bytes of a body to a delivery: compression, charsets, body (its shape and fields), delivery.

`read` raises nothing: what is an UnreadableError inside is a delivery of text outside.
"""

from relay.reading.compression import unpacked
from relay.reading.delivery import Delivery, Handshake, read

__all__ = ["Delivery", "Handshake", "read", "unpacked"]
