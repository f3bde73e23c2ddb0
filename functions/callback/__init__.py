"""Takes in what the Mozi gateway posts: handshakes and events."""
