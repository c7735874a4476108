"""The portal (门户): what people see of the platform; it knows nothing but its own visits."""
