"""What a fault costs, and what a long time of faults costs."""
