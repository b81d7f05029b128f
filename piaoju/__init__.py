"""piaoju 票据: fiscal electronic bills (财政电子票据) for a province."""

__version__ = "0.1.0"
