"""The one way from what somebody asks for to the cloud."""
