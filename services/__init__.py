"""The services: one folder is one service, one image and one database."""
