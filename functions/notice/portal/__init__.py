"""The EnOS portal: produce calls, access tokens, and what its answers mean."""
