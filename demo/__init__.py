"""A real Home Assistant with the integration in it, talking to the simulated cloud: started by ``scripts/demo``."""
