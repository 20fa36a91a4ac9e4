"""The steps of the flows: signing in, choosing, and the options."""
