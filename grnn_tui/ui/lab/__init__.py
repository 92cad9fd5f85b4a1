"""What the screen of the lab is made of: the child that carries out an experiment, and what is shown of it."""
