"""The session of an account: how it begins, is renewed and stored, and when nothing must be tried."""
