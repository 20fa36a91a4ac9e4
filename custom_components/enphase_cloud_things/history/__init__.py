"""Past charging sessions and their long-term statistics."""
