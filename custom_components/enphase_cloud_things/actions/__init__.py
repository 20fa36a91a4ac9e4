"""What the actions do, by subject, and how they find what they are aimed at."""
