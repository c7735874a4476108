"""The provider's own pages: plain HTML forms that work without a script."""
