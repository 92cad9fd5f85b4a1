"""What the screen knows and wants of rows; imported when the first model of rows is opened."""
