"""How fast and how frugal the integration is. Run by `scripts/benchmark`; no part of the tests."""
