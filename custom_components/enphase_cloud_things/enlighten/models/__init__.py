"""What the cloud tells, as frozen data."""
