"""The whole bundle on one machine: a local cloud, stand-ins for both vendors, and the demo."""
