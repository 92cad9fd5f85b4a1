"""Reading rows: arrays, idx files, separated numbers and pictures become tables here."""
