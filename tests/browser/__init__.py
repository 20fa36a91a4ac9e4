"""What an owner sees and does in a browser: a real frontend, a real Home Assistant, a simulated cloud."""
