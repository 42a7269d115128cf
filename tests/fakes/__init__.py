"""Hand-written stand-ins that speak a real protocol on loopback."""
