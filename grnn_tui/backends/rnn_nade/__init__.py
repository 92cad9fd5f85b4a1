"""RNN-NADE: a recurrent network over moments that sets the biases of a NADE over the notes of the next one."""
