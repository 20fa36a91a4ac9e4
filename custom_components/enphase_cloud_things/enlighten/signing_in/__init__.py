"""The sign-in of an account: how a session begins, is renewed, is stored, and when nothing must be tried."""
