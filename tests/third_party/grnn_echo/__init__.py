"""A third party's backend: with probability sigmoid(a) the last symbol comes again, else any symbol is as likely."""
