"""`mozi-relay`, the operator's command line: what a person does with a deployed relay."""
