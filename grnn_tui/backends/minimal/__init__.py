"""Minimal gated networks: minGRU and minLSTM, whose gates do not see the hidden state."""
