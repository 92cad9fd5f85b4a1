"""PixelRNN: images by LSTMs that walk over them, row by row or along diagonals."""
