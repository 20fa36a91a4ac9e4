"""What can go wrong in the demo."""


class DemoError(Exception):
    """A step failed; the text is one sentence for the person who started the demo."""
