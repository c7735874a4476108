"""What the portal itself decides: safe addresses, where a value comes from, themes."""
