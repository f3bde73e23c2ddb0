"""The callback as an able engineer writes it from Powertools' documentation: a reference for ours."""
