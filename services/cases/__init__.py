"""Cases (办件): from the draft to the delivery, every deadline kept."""
