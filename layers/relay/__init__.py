"""What the relay's functions share."""
