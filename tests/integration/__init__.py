"""The integration inside Home Assistant, against a simulated cloud."""
