"""The notice queue: records read and settled, dead letters written, waits set."""
