"""What identity asks of others, and sends them: message gateways, and clients' logout endpoints."""
