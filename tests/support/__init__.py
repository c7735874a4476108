"""What tests share; the only test package that can be imported."""
