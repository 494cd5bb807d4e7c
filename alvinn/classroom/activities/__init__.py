"""What guests do beside watching: bet, steer the exam, paint, push the car off, teach, and watch a network learn."""
