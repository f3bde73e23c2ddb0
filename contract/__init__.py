"""What subscribers and senders rely on, and what writes it: JSON Schemas, asyncapi.yaml, two pages."""
