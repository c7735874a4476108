"""What lies between a caller and a service."""
