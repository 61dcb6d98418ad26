"""What happens without a request: deliveries leave, deadlines fall."""
