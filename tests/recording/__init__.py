"""The recording of the cloud's replies: what it keeps, hides, tells and plays back."""
