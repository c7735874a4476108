"""The real stack on one machine: PostgreSQL, Kafka and every service as a supervised process."""
