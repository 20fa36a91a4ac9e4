"""What voice and chat assistants may ask of chargers; they can change nothing."""
