"""What is said of a picture: by its header, and by how it looks."""
