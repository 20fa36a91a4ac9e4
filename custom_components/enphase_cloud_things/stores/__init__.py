"""What survives a restart beside the config entries."""
