"""What the relay costs: list prices times units that are counted from its own code."""
