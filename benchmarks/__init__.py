"""What the relay costs and how fast it is, as ratios to references measured in the same run."""
