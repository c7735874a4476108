"""The catalogue (事项库): regions, departments and the items that people can apply for."""
