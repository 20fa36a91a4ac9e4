"""What the cloud says, as frozen data."""
