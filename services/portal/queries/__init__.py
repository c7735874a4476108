"""What the portal puts together for its pages out of several answers."""
