"""The actions, one module a subject; each lists what it offers in `ACTIONS`."""
