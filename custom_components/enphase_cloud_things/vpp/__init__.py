"""Events of a virtual power plant."""
