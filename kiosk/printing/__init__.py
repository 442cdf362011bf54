"""What comes out on paper: the pass card, the venue poster, reports."""
