"""What the cloud says, as frozen data.

Whatever reads a whole reply raises `InvalidResponse` where the reply has none of the shapes that its docstring or the
documentation knows.
"""
