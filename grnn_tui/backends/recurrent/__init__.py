"""Recurrent networks: RNN, LSTM and GRU over one symbol at a time."""
