"""The process that holds models and states, and the protocol it speaks with the screen."""
